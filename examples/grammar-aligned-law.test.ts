// Grammar-aligned decoding with drafters and verifiers: at a fixed trie every combination has the law Q_T of the paper, to 1e-12,
// with Q_T computed from its formula in doubles. Rounds are played as `decode` plays them, over all uniforms.
import { constrain, terminal, vocabulary } from '@foretoken/constraint'
import { categorical, type Draft, type LogitsProcessor, NO_DRAFT, targetLaws, type Verifier } from '@foretoken/core'
import { grammarAligned } from '@foretoken/sampler-grammar-aligned'
import { lawDistance, lawOverUniforms } from '@foretoken/testkit'
import { block } from '@foretoken/verifier-block'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { kSeq } from '@foretoken/verifier-k-seq'
import { recursiveRejection } from '@foretoken/verifier-recursive-rejection'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { describe, expect, it } from 'vitest'

const WORDS = ['a', 'b', 'c', '']
const SIZE = WORDS.length
const STOP = 3
/** Equal logits: each token has 1/4. After `a` and `b` half of the law is legal, after `c` all of it but the end. */
const TEXTS = ['aa', 'ab', 'bb', 'bc', 'ca', 'cb', 'cc', 'c']
const words = vocabulary({
  vocabularySize: SIZE,
  tokenBytes: (id) => new TextEncoder().encode(WORDS[id]),
  stopTokens: [STOP],
})
const constraint = constrain(
  { name: 'texts', build: (r) => [terminal(r.or(TEXTS.map((text) => r.literal(text))))] },
  words,
)
const isPrefix = (x: string): boolean => TEXTS.some((text) => text.startsWith(x))

/** Prefixes visited in each trie. float32 holds its Q_T exactly: weights are powers of two, and so are their sums. */
const TRIES: Readonly<Record<string, readonly string[]>> = {
  'after a and b': ['', 'a', 'b'],
  'after b, a and c': ['', 'b', 'a', 'c'],
}

/** Q_T by its formula: P(t | x) c̃(x·t), normalised. */
function formula(visited: readonly string[], x: string): number[] {
  const bound = (y: string): number => {
    if (!visited.includes(y)) return 1
    const stop = TEXTS.includes(y) ? 1 / 4 : 0
    return stop + WORDS.slice(0, STOP).reduce((sum, t) => sum + (isPrefix(y + t) ? bound(y + t) / 4 : 0), 0)
  }
  const weights = WORDS.map((t, id) => (id === STOP ? Number(TEXTS.includes(x)) : isPrefix(x + t) ? bound(x + t) : 0))
  const sum = weights.reduce((a, b) => a + b)
  return weights.map((weight) => weight / sum)
}

/** A processor whose trie is fixed: a fork of a generation's fork begins none. */
function fixed(visited: readonly string[]): LogitsProcessor {
  const processor = grammarAligned({ constraint, prompt: new Int32Array(0) }).decoding.processors![0]!
  for (const x of visited) {
    const sample = processor.fork()
    for (let i = 0; i <= x.length; i++) {
      sample.apply(new Float32Array(SIZE))
      if (i < x.length) sample.advance(WORDS.indexOf(x[i]!))
    }
  }
  return processor.fork()
}

const ROWS = Float32Array.from([0.5, 0.125, 0.25, 0.125, 0.125, 0.375, 0.25, 0.25])
type Uniform = (key: string) => number

/** A chain of two from two laws, or two siblings from the first. */
function drawn(uniform: Uniform, round: number, isTree: boolean): Draft {
  const first = categorical(ROWS.subarray(0, SIZE), uniform(`draft ${round} 0`))
  const second = categorical(isTree ? ROWS.subarray(0, SIZE) : ROWS.subarray(SIZE), uniform(`draft ${round} 1`))
  return {
    tokens: Int32Array.of(first, second),
    ...(isTree && { parents: Int32Array.of(-1, -1) }),
    q: { kind: 'dense', rows: ROWS, rowOf: isTree ? Int32Array.of(0, 0) : Int32Array.of(0, 1) },
  }
}

/** The exact law of whole texts, cut at two tokens. */
async function played(processor: LogitsProcessor, verifier: Verifier, form: 'none' | 'chain' | 'tree') {
  const found = await lawOverUniforms(
    (uniform) => {
      const target = targetLaws({ vocabularySize: SIZE, temperature: 1, processors: [processor.fork()] })
      const text: number[] = []
      const drafts: string[] = []
      for (let round = 0; text.length < 2 && !text.includes(STOP); round++) {
        const draft = form === 'none' || round > 0 ? NO_DRAFT : drawn(uniform, round, form === 'tree')
        drafts.push(draft.tokens.join())
        target.load(new Float32Array((draft.tokens.length + 1) * SIZE), draft)
        const { path, token } = verifier.verify(draft, target, {
          sample: (offset) => uniform(`sample ${text.length + offset}`),
          accept: (offset, index = 0) => uniform(`accept ${round} ${offset} ${index}`),
          correct: (offset) => uniform(`correct ${round} ${offset}`),
        })
        const tokens = [...Array.from(path, (node) => draft.tokens[node]!), token]
        for (const each of tokens) target.advance(each)
        text.push(...tokens)
      }
      const end = text.indexOf(STOP)
      return [text.slice(0, end < 0 ? 2 : Math.min(end + 1, 2)).join(), ...drafts].join(';')
    },
    { grid: 8 },
  )
  const law = new Map<string, number>()
  for (const [key, share] of found) law.set(key.split(';')[0]!, (law.get(key.split(';')[0]!) ?? 0) + share)
  return law
}

for (const [name, visited] of Object.entries(TRIES)) {
  describe(name, () => {
    const processor = fixed(visited)
    const expected = new Map<string, number>()
    for (const [first, share] of formula(visited, '').entries()) {
      for (const [second, rest] of formula(visited, WORDS[first]!).entries()) {
        if (share * rest > 0) expected.set([first, second].join(), share * rest)
      }
    }
    for (const [verifier, form] of [
      [exactMatch, 'none'],
      [exactMatch, 'chain'],
      [speculativeSampling, 'chain'],
      [block, 'chain'],
      [recursiveRejection, 'chain'],
      [speculativeSampling, 'tree'],
      [kSeq, 'tree'],
    ] as const) {
      it(`has the law of the formula: ${verifier().manifest.name}, ${form}`, async () => {
        expect(lawDistance(await played(processor, verifier(), form), expected)).toBeLessThan(1e-12)
      })
    }
  })
}
