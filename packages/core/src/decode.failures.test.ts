import { expect, it, vi } from 'vitest'
import { pointTree, toyDrafter, uniformChain } from '../test/toy-drafters.ts'
import { toyModel } from '../test/toy-model.ts'
import type { DecodeOptions } from './decode-options.ts'
import type { Draft, Drafter } from './drafter.ts'
import { ForetokenError } from './errors.ts'
import { type Generation, generate } from './generate.ts'
import { SPEC_VERSION } from './manifest.ts'
import type { Verifier } from './verifier.ts'
import { matchWalk } from './walk.ts'

const prompt = Int32Array.of(1, 2, 3)
const verifier: Verifier = {
  manifest: { specVersion: SPEC_VERSION, kind: 'verifier', name: 'match', requires: [], guarantee: 'lossless' },
  verify: matchWalk,
}
const options = { prompt, verifier, temperature: 1, seed: 3, maxTokens: 24 } as const
const run = (drafter: Drafter, more: Partial<DecodeOptions> = {}): Promise<Generation> =>
  generate({ ...options, model: toyModel(), drafter, ...more })
const plain = await generate({ model: toyModel(), prompt, temperature: 1, seed: 3, maxTokens: 24 })

/** A sound drafter but for one call of one verb. */
function failing(verb: 'begin' | 'draft' | 'commit', at: number, fail: () => never | Promise<never>): Drafter {
  const sound = uniformChain(6)
  let calls = 0
  const call = (...args: never[]): unknown =>
    calls++ === at ? fail() : (sound[verb] as (...args: never[]) => unknown)(...args)
  return { ...sound, [verb]: call }
}

const boom = (): never => {
  throw new Error('no luck')
}

it.each(['begin', 'draft', 'commit'] as const)('goes on plainly where %s throws, and says so', async (verb) => {
  for (const at of verb === 'begin' ? [0] : [0, 2]) {
    const later = vi.fn(boom)
    const drafter = failing(verb, at, later)
    const { tokenIds, stats, fates } = await run(drafter)
    expect(tokenIds).toEqual(plain.tokenIds)
    expect(stats.draftingFailure).toMatchObject({ drafter: 'uniform-chain', reason: 'no luck' })
    const { tokens } = stats.draftingFailure!
    expect(fates.slice(tokens).every((fate) => fate === 'plain')).toBe(true)
    expect(tokens > 0).toBe(at > 0 || verb === 'commit')
    // Whoever failed is not asked again.
    expect(later).toHaveBeenCalledTimes(1)
  }
})

it('keeps what begin refuses: that can be put right', async () => {
  const refuse = (): never => {
    throw new ForetokenError('VOCABULARY_MISMATCH', 'other words', { fix: 'use its tokenizer' })
  }
  await expect(run(failing('begin', 0, refuse))).rejects.toMatchObject({ code: 'VOCABULARY_MISMATCH' })
  const { stats } = await run(failing('draft', 1, refuse))
  expect(stats.draftingFailure).toMatchObject({ reason: 'other words use its tokenizer' })
})

it.each(['begin', 'draft'] as const)('does not wait for ever for %s', async (verb) => {
  const drafter = failing(verb, verb === 'begin' ? 0 : 1, () => new Promise<never>(() => {}))
  const { tokenIds, stats } = await run(drafter, { patience: 20 })
  expect(tokenIds).toEqual(plain.tokenIds)
  expect(stats.draftingFailure).toMatchObject({ reason: `${verb} did not answer within 20 ms` })
})

it('drops an answer that comes too late, and an error too', async () => {
  let reject = (_: Error): void => {}
  const late = () =>
    new Promise<never>((_, no) => {
      reject = no
    })
  const { stats } = await run(failing('draft', 0, late), { patience: 1 })
  expect(stats.draftingFailure?.tokens).toBe(0)
  // Unhandled, it would end the run of the tests.
  reject(new Error('too late'))
  await new Promise(setImmediate)
})

it('says nothing of failures where there are none', async () => {
  expect((await run(uniformChain(6))).stats).not.toHaveProperty('draftingFailure')
  await expect(run(uniformChain(6), { patience: -1 })).rejects.toThrow('"patience"')
})

const point = { kind: 'point-mass' } as const
const EMPTY: readonly Draft[] = [
  { tokens: new Int32Array(0), q: point },
  { tokens: new Int32Array(0), parents: new Int32Array(0), q: point },
  { tokens: new Int32Array(0), q: { kind: 'dense', rows: new Float32Array(0) } },
  {
    tokens: new Int32Array(0),
    q: { kind: 'sparse', ids: new Int32Array(0), probabilities: new Float32Array(0), offsets: new Int32Array(1) },
    siblings: 'without-replacement',
  },
]

it('takes empty drafts of every kind for a plain round', async () => {
  for (const draft of EMPTY) {
    const { tokenIds, stats, fates } = await run(toyDrafter(() => draft))
    expect(tokenIds).toEqual(plain.tokenIds)
    expect(stats).toMatchObject({ drafted: 0, accepted: 0, rounds: 24 })
    expect(fates.every((fate) => fate === 'plain')).toBe(true)
  }
})

it('gives a tree no more room than the context and maxTokens leave', async () => {
  const rooms: number[] = []
  const watched = (inner: Drafter): Drafter => ({
    ...inner,
    draft(room, draws) {
      rooms.push(room)
      return inner.draft(room, draws)
    },
  })
  for (const bound of [{ maxTokens: 6 }, { maxTokens: undefined, model: toyModel({ contextLength: 8 }) }]) {
    rooms.length = 0
    const { tokenIds } = await run(watched(pointTree(2, 3)), { ...bound, temperature: 0 })
    expect(tokenIds.length).toBe(6)
    expect(Math.max(...rooms)).toBe(5)
    expect(Math.min(...rooms)).toBeGreaterThan(0)
  }
})

it.each([
  [
    'the room that the context leaves',
    { model: toyModel({ contextLength: 5 }), maxTokens: undefined },
    /3 levels; expected at most 2/,
  ],
  ['the rows of a step', { model: toyModel({ maximumRows: 8 }) }, /14 nodes; expected at most 7/],
] as const)('refuses a tree beyond %s, naming the drafter', async (_, bound, message) => {
  const { draft } = pointTree(2, 3)
  // Takes no notice of the room it is given.
  const greedy = { ...pointTree(2, 3), draft: (_room: number, draws: never) => draft(3, draws) }
  const error = await run(greedy, bound).catch((thrown: ForetokenError) => thrown)
  expect(error).toMatchObject({ code: 'INVALID_DRAFT', message: expect.stringMatching(message) })
  expect((error as ForetokenError).message).toContain('point-tree')
})
