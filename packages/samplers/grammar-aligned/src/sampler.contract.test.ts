import { constrain, terminal, vocabulary } from '@foretoken/constraint'
import type { LogitsProcessor } from '@foretoken/core'
import { testProcessor, toyTable } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { grammarAligned } from './sampler.ts'

const SIZE = 6
const WORDS = ['a', 'b', 'ab', 'c', '', 'cb']
const words = vocabulary({
  vocabularySize: SIZE,
  tokenBytes: (id) => new TextEncoder().encode(WORDS[id]),
  stopTokens: [4],
})
const constraint = constrain(
  { name: 'some texts', build: (r) => [terminal(r.or(['abab', 'cbab', 'ccb', 'cab'].map((text) => r.literal(text))))] },
  words,
)
const prompt = new Int32Array(0)
const fresh = (): LogitsProcessor => grammarAligned({ constraint, prompt }).decoding.processors![0]!

/** One that has learned: a generation's fork, whose law stays as it is. */
function learned(): LogitsProcessor {
  const processor = fresh()
  const logits = toyTable({ vocabularySize: SIZE })
  for (const text of [
    [2, 2],
    [3, 3],
    [5, 0],
  ]) {
    const sample = processor.fork()
    for (let i = 0; i <= text.length; i++) {
      sample.apply(logits(text.slice(0, i)).slice())
      if (i < text.length) sample.advance(text[i]!)
    }
  }
  return processor.fork()
}
const frozen = learned()

testProcessor({ describe, it }, { name: 'at first', create: fresh, vocabularySize: SIZE })
testProcessor({ describe, it }, { name: 'learned', create: () => frozen.fork(), vocabularySize: SIZE })
