import { draftRow, ForetokenError, softmax } from '@foretoken/core'
import { toyModel, toyTable } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { byteTokenizer, wordTokenizer } from '../fixtures/word-tokenizer.ts'
import { retokenized } from './drafter.ts'
import { followedText } from './followed-text.ts'
import { sharedTokens } from './shared-tokens.ts'

const target = wordTokenizer(['a', 'b', 'ab', 'c', ''])
const draft = wordTokenizer(['c', 'bc', 'a', 'b'])
const draws = { uniform: (offset: number) => ((offset + 1) * 0.377) % 1 }

it('drafts the most probable text in the target’s tokens', async () => {
  const chain = [2, 3, 0, 2]
  const logits = (context: readonly number[]) => {
    const row = new Float32Array(4)
    row[chain[context.length - 1]!] = 5
    return row
  }
  const model = toyModel({ vocabularySize: 4, logits })
  const drafter = retokenized({ model, tokenizers: { draft, target }, written: 4 })
  await drafter.begin(Int32Array.of(3), toyModel({ vocabularySize: 5 }))
  expect([...(await drafter.draft(8, draws)).tokens]).toEqual([2, 3, 0])
  expect([...(await drafter.draft(2, draws)).tokens]).toEqual([2, 3])
})

it('stops at a token without text', async () => {
  const logits = () => Float32Array.from({ length: 257 }, (_, token) => (token === 256 ? 1 : 0))
  const model = toyModel({ vocabularySize: 257, logits })
  const drafter = retokenized({ model, tokenizers: { draft: byteTokenizer, target } })
  await drafter.begin(Int32Array.of(3), toyModel({ vocabularySize: 5 }))
  expect((await drafter.draft(8, draws)).tokens.length).toBe(0)
})

it('pairs the tokens that both vocabularies have', () => {
  expect(sharedTokens(draft, target)).toEqual({ draft: Int32Array.of(2, 3, 0), target: Int32Array.of(0, 1, 3) })
  expect(sharedTokens(wordTokenizer(['a', 'b', 'a']), target).draft).toEqual(Int32Array.of(2, 1))
})

it('draws from the draft model’s law restricted to shared tokens, and says so', async () => {
  const logits = toyTable({ vocabularySize: 4, seed: 2 })
  const model = toyModel({ vocabularySize: 4, logits })
  const drafter = retokenized({ model, tokenizers: { draft, target }, form: 'shared-tokens', temperature: 0.7 })
  await drafter.begin(Int32Array.of(2, 3), toyModel({ vocabularySize: 5 }))
  const drafted = await drafter.draft(3, draws)
  const seen = [...draft.encode('abc')]
  for (const [i, token] of drafted.tokens.entries()) {
    const row = logits(seen)
    const law = Float32Array.of(row[2]!, row[3]!, row[0]!)
    softmax(law, 0.7, law)
    const expected = Float32Array.of(law[0]!, law[1]!, 0, law[2]!, 0)
    expect(draftRow(drafted, i, new Float32Array(5))).toEqual(expected)
    seen.push([2, 3, -1, 0][token]!)
  }
})

it('follows a long text in the draft model’s tokens by encoding its end', () => {
  const text = followedText(draft, target)
  const seen = [2, 3, 0, 1, 3]
  text.begin(Int32Array.from(seen))
  for (let round = 0; round < 200; round++) {
    const next = Int32Array.of((round * 7 + (round >> 2)) % 4, (round * 5) % 4)
    text.push(next)
    seen.push(...next)
    const whole = seen.map((token) => new TextDecoder().decode(target.tokenBytes(token))).join('')
    expect([...text.draftTokens()]).toEqual([...draft.encode(whole)])
  }
})

it('refuses what it cannot do with a typed error', () => {
  const model = toyModel({ vocabularySize: 4 })
  const tokenizers = { draft, target }
  const bad = [
    {},
    { model },
    { model, tokenizers: { draft } },
    { model, tokenizers, form: 'words' },
    { model, tokenizers, temperature: 1 },
    { model, tokenizers, written: 0 },
    { model, tokenizers, cap: 1 },
  ]
  for (const options of bad) expect(() => retokenized(options as never)).toThrow(ForetokenError)
  const other = wordTokenizer(['x', 'y'])
  expect(() => retokenized({ model, tokenizers: { draft: other, target }, form: 'shared-tokens' })).toThrow(/no token/)
  expect(() => retokenized({ model: toyModel({ vocabularySize: 3 }), tokenizers })).toThrow(/draft model scores 3/)
  expect(() => retokenized({ model: toyModel({ vocabularySize: 4, supports: [] }), tokenizers })).toThrow(/kv:rewind/)
})
