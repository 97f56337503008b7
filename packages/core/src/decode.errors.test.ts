import { expect, it } from 'vitest'
import { pointTree, toyDrafter, uniformChain } from '../test/toy-drafters.ts'
import { toyModel } from '../test/toy-model.ts'
import { decode } from './decode.ts'
import type { DecodeOptions } from './decode-options.ts'
import type { Draft } from './drafter.ts'
import { ForetokenError } from './errors.ts'
import { generate } from './generate.ts'
import { SPEC_VERSION } from './manifest.ts'
import type { Verifier } from './verifier.ts'
import { matchWalk, rejectionWalk, walkScratch } from './walk.ts'

const prompt = Int32Array.of(1, 2, 3)
const manifest = {
  specVersion: SPEC_VERSION,
  kind: 'verifier',
  name: 'match',
  requires: [],
  guarantee: 'lossless',
} as const
const verifier: Verifier = { manifest, verify: matchWalk }

async function errorOf(options: Partial<DecodeOptions> & Record<string, unknown>): Promise<ForetokenError> {
  try {
    await generate({ model: toyModel(), prompt, maxTokens: 8, ...options } as DecodeOptions)
  } catch (error) {
    if (ForetokenError.is(error)) return error
    throw error
  }
  throw new Error('No error was thrown.')
}

it('refuses bad options by name', async () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ temprature: 1 }, 'temprature'],
    [{ temperature: -1 }, 'temperature'],
    [{ temperature: Number.NaN }, 'temperature'],
    [{ seed: 0.5 }, 'seed'],
    [{ seed: -1 }, 'seed'],
    [{ maxTokens: 0 }, 'maxTokens'],
    [{ topLogProbabilities: 7 }, 'topLogProbabilities'],
    [{ stopStrings: ['x'] }, 'stopStrings'],
    [{ stopStrings: [''], tokenBytes: () => new Uint8Array(0) }, 'stopStrings'],
    [{ prompt: Int32Array.of(1, 6) }, 'prompt'],
    [{ prompt: Int32Array.of(-1) }, 'prompt'],
  ]
  for (const [options, name] of cases) {
    const error = await errorOf(options)
    expect(error.code).toBe('BAD_OPTION')
    expect(error.message).toContain(`"${name}"`)
  }
})

it('refuses prompts that are empty, too long or already cached', async () => {
  expect((await errorOf({ prompt: new Int32Array(0) })).code).toBe('EMPTY_PROMPT')
  expect((await errorOf({ model: toyModel({ contextLength: 2 }) })).code).toBe('CONTEXT_FULL')
  const model = toyModel()
  await generate({ model, prompt, maxTokens: 2 })
  expect((await errorOf({ model })).code).toBe('BAD_OPTION')
})

it('refuses parts that do not fit', async () => {
  const drafter = uniformChain(6)
  const none = toyModel({ supports: [] })
  expect((await errorOf({ drafter })).message).toContain('speculativeSampling()')
  const missing = await errorOf({ drafter, verifier, model: none })
  expect(missing.code).toBe('CAPABILITY_MISSING')
  expect(missing.message).toContain('uniform-chain requires "logits:all-positions"; the model supports: none')
  const old = { ...drafter, manifest: { ...drafter.manifest, specVersion: 0 as 1 } }
  expect((await errorOf({ drafter: old, verifier })).code).toBe('SPEC_VERSION')
  const swapped = { ...drafter, manifest: { ...drafter.manifest, kind: 'verifier' as const } }
  expect((await errorOf({ drafter: swapped, verifier })).message).toContain('is a verifier; a drafter was expected')
})

it('weakens the guarantee to what the verifier promises at this temperature', async () => {
  const guaranteeOf = async (
    guarantee: 'greedy-exact' | 'lossless' | 'lossy',
    temperature: number,
  ): Promise<string> => {
    const weak = { manifest: { ...manifest, guarantee }, verify: matchWalk }
    const drafter = uniformChain(6)
    return (await generate({ model: toyModel(), prompt, maxTokens: 4, drafter, verifier: weak, temperature })).guarantee
  }
  expect(await guaranteeOf('lossless', 1)).toBe('lossless')
  expect(await guaranteeOf('greedy-exact', 0)).toBe('greedy-exact')
  expect(await guaranteeOf('greedy-exact', 1)).toBe('lossy')
  expect(await guaranteeOf('lossy', 0)).toBe('lossy')
  expect((await generate({ model: toyModel(), prompt, maxTokens: 4 })).guarantee).toBe('lossless')
})

const dense = (...rows: number[]): Draft['q'] => ({ kind: 'dense', rows: Float32Array.from(rows) })
const even = new Array(6).fill(1 / 6)
const sparse = (ids: number[], probabilities: number[], offsets: number[]): Draft['q'] => ({
  kind: 'sparse',
  ids: Int32Array.from(ids),
  probabilities: Float32Array.from(probabilities),
  offsets: Int32Array.from(offsets),
})

it('refuses drafts that no verifier could decide, naming the drafter', async () => {
  const point = { kind: 'point-mass' } as const
  const tokens = (...ids: number[]): Int32Array => Int32Array.from(ids)
  const cases: [string, Draft, RegExp][] = [
    ['INVALID_DRAFT', { tokens: tokens(6), q: point }, /token 6 at node 0/],
    ['INVALID_DRAFT', { tokens: tokens(-1), q: point }, /token -1 at node 0/],
    ['INVALID_DRAFT', { tokens: new Int32Array(9), q: point }, /9 levels; expected at most 7/],
    ['INVALID_DRAFT', { tokens: new Int32Array(16), q: point }, /16 nodes; expected at most 15/],
    ['INVALID_DRAFT', { tokens: tokens(1, 2), parents: tokens(-1), q: point }, /1 parents/],
    ['INVALID_DRAFT', { tokens: tokens(1, 2), parents: tokens(-1, 1), q: point }, /parent 1 of node 1/],
    ['INVALID_DRAFT', { tokens: tokens(1), parents: tokens(-2), q: point }, /parent -2 of node 0/],
    ['INVALID_DRAFT', { tokens: tokens(1, 2), q: dense(...even) }, /row 1 for node 1/],
    ['DISHONEST_DRAFT', { tokens: tokens(1), q: dense(1, 0, 0, 0, 0, 0) }, /token 1 at node 0 has q = 0/],
    ['DISHONEST_DRAFT', { tokens: tokens(1), q: dense(0, -0.5, 1, 0.5, 0, 0) }, /q = -0.5/],
    ['DISHONEST_DRAFT', { tokens: tokens(1), q: dense(0, Number.NaN, 1, 0, 0, 0) }, /q = NaN/],
    ['DISHONEST_DRAFT', { tokens: tokens(1), q: sparse([1], [0.5], [0, 1]) }, /row 0 sums to 0.5/],
    ['INVALID_DRAFT', { tokens: tokens(1), q: sparse([1, 7], [0.5, 0.5], [0, 2]) }, /token 7 in row 0/],
    ['INVALID_DRAFT', { tokens: tokens(1), q: sparse([1], [1], [0, 2]) }, /offsets 0 to 2 of row 0/],
    [
      'INVALID_DRAFT',
      {
        tokens: tokens(1, 1),
        parents: tokens(-1, -1),
        q: { kind: 'dense', rows: Float32Array.from(even), rowOf: tokens(0, 0) },
        siblings: 'without-replacement',
      },
      /siblings 0 and 1 with the same token/,
    ],
    [
      'INVALID_DRAFT',
      { tokens: tokens(1, 2), parents: tokens(-1, -1), q: dense(...even, ...even), siblings: 'without-replacement' },
      /siblings 0 and 1 of different rows/,
    ],
  ]
  for (const [code, draft, message] of cases) {
    const error = await errorOf({ drafter: toyDrafter(() => draft, 'broken'), verifier, maxTokens: 8 })
    expect(error.message).toMatch(message)
    expect(error.code).toBe(code)
    expect(error.message).toContain('broken')
  }
})

it('names drafter and verifier where a law turns out to be none only when it is needed', async () => {
  // The token's own q passes; the row sums to 2, which a rejection finds.
  const draft: Draft = { tokens: Int32Array.of(1), q: dense(0, 1, 1, 0, 0, 0) }
  const rejecting = {
    manifest,
    verify: (...args: Parameters<typeof matchWalk>) => rejectionWalk(...args, walkScratch(6)),
  }
  const drafter = toyDrafter(() => draft, 'boastful')
  const error = await errorOf({ drafter, verifier: rejecting, temperature: 1, maxTokens: 30 })
  expect(error.code).toBe('DISHONEST_DRAFT')
  expect(error.message).toContain("refused the draft of boastful: A row of the draft's q sums to 2")
  expect(error.message.match(/really drawn from/g)).toHaveLength(1)
  expect(error.details).toMatchObject({ drafter: 'boastful', verifier: manifest.name })
})

it('refuses a tree on a model that knows only chains', async () => {
  const model = toyModel({ supports: ['logits:all-positions'] })
  const error = await errorOf({ model, drafter: pointTree(), verifier })
  expect(error.code).toBe('CAPABILITY_MISSING')
  expect(error.message).toContain('point-tree requires "attention:tree-mask"')
})

it('aborts between forward passes and leaves a cache that goes on', async () => {
  const long = Int32Array.from({ length: 40 }, (_, i) => i % 6)
  const whole = await generate({ model: toyModel(), prompt: long, maxTokens: 12 })
  for (let passes = 0; passes < 8; passes++) {
    const controller = new AbortController()
    const model = toyModel({ maximumRows: 16 })
    const step = model.step
    let left = passes
    const watched = Object.assign(Object.create(model) as typeof model, {
      async step(input: Parameters<typeof step>[0]) {
        if (left-- === 0) controller.abort(new Error('enough'))
        return step(input)
      },
    })
    const said: number[] = []
    const options = { prompt: long, maxTokens: 12, signal: controller.signal, drafter: uniformChain(6), verifier }
    const run = async (): Promise<void> => {
      for await (const { tokenIds } of decode({ ...options, model: watched })) said.push(...tokenIds)
    }
    await expect(run()).rejects.toMatchObject({ code: 'ABORTED' })
    const context = [...long, ...said]
    expect(context.slice(0, model.length)).toEqual(model.tokens)
    const rest = await generate({ model, prompt: Int32Array.from(context), maxTokens: 12 - said.length })
    expect([...said, ...rest.tokenIds]).toEqual([...whole.tokenIds])
  }
  const aborted = await errorOf({ signal: AbortSignal.abort() })
  expect(aborted.code).toBe('ABORTED')
})

it('leaves a usable model when the consumer stops listening', async () => {
  const whole = await generate({ model: toyModel(), prompt, maxTokens: 12 })
  const model = toyModel()
  const said: number[] = []
  for await (const { tokenIds } of decode({ model, prompt, maxTokens: 12, drafter: uniformChain(6), verifier })) {
    said.push(...tokenIds)
    if (said.length > 3) break
  }
  const rest = await generate({ model, prompt: Int32Array.of(...prompt, ...said), maxTokens: 12 - said.length })
  expect([...said, ...rest.tokenIds]).toEqual([...whole.tokenIds])
})
