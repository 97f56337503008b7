import { constrain, type Grammar, type GrammarSymbol, rule, terminal, vocabulary } from '@foretoken/constraint'
import { testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { forced } from './drafter.ts'

const words = ['a', 'b', 'ab', 'ba', '']
const tokenizer = {
  vocabularySize: words.length,
  stopTokens: [4],
  tokenBytes: (id: number) => new TextEncoder().encode(words[id]),
  encode: (text: string) => Int32Array.from(text.match(/ab|ba|a|b/g) ?? [], (word) => words.indexOf(word)),
}
/** `a` is followed by `ba`, `b` by anything: forced now and then, and ending never but by a stop token. */
const grammar: Grammar = {
  name: 'pairs',
  build(regexes) {
    const pairs: GrammarSymbol = rule('pairs', () => [
      [],
      [terminal(regexes.literal('aba')), pairs],
      [terminal(regexes.literal('b')), pairs],
    ])
    return [pairs]
  },
}

for (const countFrom of [undefined, 1]) {
  testDrafter(
    { describe, it },
    {
      name: `forced, counting from ${countFrom ?? 'the prompt’s end'}`,
      create: () => forced({ constraint: constrain(grammar, vocabulary(tokenizer)), tokenizer, countFrom }),
    },
  )
}
