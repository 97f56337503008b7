import { capped, type Drafter, ForetokenError, generate } from '@foretoken/core'
import { referenceVerifier, type ToyModel, toyModel } from '@foretoken/testkit'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type AggressiveInputOptions, aggressiveInput } from './drafter.ts'

const EOS = 19

/** Writes `output`, then `EOS`, after a prompt of one token. */
function scribe(output: readonly number[], maximumRows = 16): ToyModel {
  const logits = (context: readonly number[]) =>
    Float32Array.from({ length: 20 }, (_, x) => Number(x === (output[context.length - 1] ?? EOS)))
  return toyModel({ vocabularySize: 20, logits, maximumRows, contextLength: 300 })
}

async function write(output: readonly number[], drafter: Drafter, maximumRows?: number) {
  const run = { prompt: Int32Array.of(0), stopTokens: Int32Array.of(EOS), verifier: referenceVerifier('match') }
  const result = await generate({ ...run, model: scribe(output, maximumRows), drafter })
  expect([...result.tokenIds]).toEqual([...output, EOS])
  return result.stats
}

it('writes as the published trace does: three passes for six tokens', async () => {
  const drafter = aggressiveInput({ input: Int32Array.of(1, 2, 3, 4) })
  const stats = await write([1, 2, 9, 3, 4], drafter)
  expect([stats.rounds, stats.drafted, stats.accepted]).toEqual([3, 5, 3])
})

it('drafts a long copy at full room and goes on where the last round ended', async () => {
  const copy = Array.from({ length: 200 }, (_, i) => 1 + ((i * i) % 7))
  const stats = await write(copy, aggressiveInput({ input: Int32Array.from(copy) }), 9)
  // Nine tokens a round, though most trigrams of the text are at several places.
  expect(stats.rounds).toBe(Math.ceil(201 / 9))
  const fewer = await write(copy, capped(aggressiveInput({ input: Int32Array.from(copy) }), 3))
  expect(fewer.rounds).toBe(Math.ceil(201 / 4))
})

it('finds its place again one token after a replacement, an insertion and a deletion', async () => {
  const input = Array.from({ length: 15 }, (_, i) => 1 + i)
  const edits = [
    [...input.slice(0, 5), 17, ...input.slice(6)],
    [...input.slice(0, 5), 17, ...input.slice(5)],
    [...input.slice(0, 5), ...input.slice(6)],
  ]
  const rounds: number[] = []
  for (const output of edits)
    rounds.push((await write(output, aggressiveInput({ input: Int32Array.from(input) }))).rounds)
  expect(rounds).toEqual([3, 3, 2])
})

it('finds the nearest place in repetitive text, and no place by default', async () => {
  const line = [1, 2, 3, 4]
  const input = Int32Array.of(...line, 5, ...line, 6, ...line, 7)
  const output = [...line, 5, 9, ...line, 6, ...line, 7]
  const nearest = await write(output, aggressiveInput({ input, realign: 'nearest' }))
  const unique = await write(output, aggressiveInput({ input }))
  expect([nearest.rounds, unique.rounds]).toEqual([3, 7])
})

it('copies from the prompt when no input is named', async () => {
  const drafter = aggressiveInput()
  const model = toyModel({ vocabularySize: 20 })
  await drafter.begin(Int32Array.of(4, 5, 6, 7, 8), model)
  const draws = { uniform: () => 0 }
  expect((await drafter.draft(3, draws)).tokens).toHaveLength(0)
  const draft = { tokens: new Int32Array(0), q: { kind: 'point-mass' } as const }
  const output = { rows: 0, logits: new Float32Array(0) }
  const path = new Int32Array(0)
  drafter.commit({ path, token: 5, kind: 'bonus', tokens: Int32Array.of(5), draft, output, base: 0 })
  const next = await drafter.draft(9, draws)
  expect([...next.tokens]).toEqual([6, 7, 8])
  // The longer the copy, the surer its next token.
  const expected = [1 / 2.5, 2 / 3.5, 3 / 4.5]
  for (const [i, confidence] of next.confidence!.entries()) expect(confidence).toBeCloseTo(expected[i]!)
})

it('gives the tokens of plain decoding for any input', async () => {
  const tokens = (maxLength: number) => fc.array(fc.integer({ min: 0, max: 4 }), { maxLength })
  const options = fc.record({
    maximumNgram: fc.integer({ min: 1, max: 4 }),
    realign: fc.constantFrom('unique', 'nearest'),
  })
  await fc.assert(
    fc.asyncProperty(tokens(25), tokens(25), options, async (input, output, rest) => {
      await write(output, aggressiveInput({ input: Int32Array.from(input), ...rest }))
    }),
    { numRuns: 150 },
  )
})

it('refuses an input of another vocabulary', async () => {
  const codeOf = async (options: AggressiveInputOptions): Promise<string | undefined> => {
    try {
      await aggressiveInput(options).begin(Int32Array.of(1), toyModel({ vocabularySize: 4 }))
      return undefined
    } catch (error) {
      return ForetokenError.is(error) ? error.code : 'untyped'
    }
  }
  expect(await codeOf({ input: Int32Array.of(3, 4) })).toBe('VOCABULARY_MISMATCH')
  expect(await codeOf({ input: Int32Array.of(-1) })).toBe('VOCABULARY_MISMATCH')
  expect(await codeOf({ input: () => [1] as unknown as Int32Array })).toBe('BAD_OPTION')
  expect(await codeOf({ input: Int32Array.of(3) })).toBe(undefined)
})

it('refuses bad options with a typed error', () => {
  for (const options of [
    { input: [1, 2] },
    { maximumNgram: 0 },
    { maximumNgram: 17 },
    { realign: 'any' },
    { length: 3 },
  ]) {
    expect(() => aggressiveInput(options as AggressiveInputOptions)).toThrow(ForetokenError)
    expect(() => aggressiveInput(options as AggressiveInputOptions)).toThrow(/aggressiveInput/)
  }
})
