import fc from 'fast-check'
import { expect, it } from 'vitest'
import { pointTree, toyDrafter, uniformChain } from '../test/toy-drafters.ts'
import { toyModel } from '../test/toy-model.ts'
import { decode, type Run } from './decode.ts'
import type { DecodeOptions } from './decode-options.ts'
import type { Drafter } from './drafter.ts'
import { generate } from './generate.ts'
import { SPEC_VERSION } from './manifest.ts'
import type { Verifier } from './verifier.ts'
import { matchWalk } from './walk.ts'

const prompt = Int32Array.of(1, 2, 3)
const verifier: Verifier = {
  manifest: { specVersion: SPEC_VERSION, kind: 'verifier', name: 'match', requires: [], guarantee: 'lossless' },
  verify: matchWalk,
}
const encoder = new TextEncoder()
/** Tokens that cut characters in two: 0 and 1 are the halves of "é". */
const bytes = [Uint8Array.of(0xc3), Uint8Array.of(0xa9), ...['a', 'b', 'ab', 'ba'].map((text) => encoder.encode(text))]
const tokenBytes = (token: number): Uint8Array => bytes[token]!

/** Drafts what greedy decoding will say, so that whole drafts are accepted. */
function oracle(tokens: Int32Array, levels: number): Drafter {
  return toyDrafter((context, room) => {
    const from = context.length - prompt.length
    return { tokens: tokens.slice(from, from + Math.min(room, levels)), q: { kind: 'point-mass' } }
  }, 'oracle')
}

it('ends at the first stop token, even inside a draft, and caches all but it', async () => {
  const plain = await generate({ model: toyModel(), prompt })
  for (let stop = 0; stop < 6; stop++) {
    const at = plain.tokenIds.indexOf(stop)
    if (at < 0) continue
    for (const drafter of [undefined, oracle(plain.tokenIds, 7), pointTree(2, 3)]) {
      const model = toyModel()
      const cut = await generate({ model, prompt, stopTokens: Int32Array.of(stop, 99), drafter, verifier })
      expect(cut.finishReason).toBe('stop')
      expect(cut.tokenIds).toEqual(plain.tokenIds.subarray(0, at + 1))
      expect(model.tokens).toEqual([...prompt, ...plain.tokenIds.subarray(0, at)])
      expect(cut.stats.tokens).toBe(at + 1)
    }
  }
})

it('leaves the stop token out of the text', async () => {
  const plain = await generate({ model: toyModel(), prompt, tokenBytes })
  const stop = plain.tokenIds[5]!
  const at = plain.tokenIds.indexOf(stop)
  const cut = await generate({ model: toyModel(), prompt, tokenBytes, stopTokens: Int32Array.of(stop) })
  const before = await generate({ model: toyModel(), prompt, tokenBytes, maxTokens: Math.max(at, 1) })
  expect(cut.text).toBe(at === 0 ? '' : before.text)
})

it('ends before a stop string wherever drafts and tokens cut it, and never shows half a character', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'b', 'é', 'ab', 'ba', 'éa', 'bab', 'aab'), { minLength: 1, maxLength: 3 }),
      fc.nat(30),
      fc.integer({ min: 1, max: 9 }),
      async (stopStrings, seed, levels) => {
        const common = { prompt, tokenBytes, maxTokens: 40 }
        const plain = await generate({ ...common, model: toyModel({ seed }) })
        const options: DecodeOptions = { ...common, stopStrings, model: toyModel({ seed }), verifier }
        const one = await generate(options)
        const model = toyModel({ seed })
        const fast = await generate({ ...options, model, drafter: oracle(plain.tokenIds, levels) })
        expect([fast.text, fast.finishReason, fast.tokenIds]).toEqual([one.text, one.finishReason, one.tokenIds])
        expect(plain.text.startsWith(one.text)).toBe(true)
        expect(stopStrings.some((stop) => one.text.includes(stop))).toBe(false)
        expect(one.finishReason).toBe(stopStrings.some((stop) => plain.text.includes(stop)) ? 'stop' : 'length')
        expect(model.tokens).toEqual([...prompt, ...fast.tokenIds.subarray(0, -1)])
      },
    ),
    { numRuns: 300 },
  )
})

it('streams the text of the whole generation, piece by piece', async () => {
  const whole = await generate({ model: toyModel(), prompt, tokenBytes })
  let text = ''
  for await (const run of decode({ model: toyModel(), prompt, tokenBytes, drafter: uniformChain(6), verifier })) {
    text += run.text
    expect(run.pieces).toHaveLength(run.tokenIds.length)
    expect(run.pieces.join('')).toBe(run.text)
  }
  expect(text).toBe(whole.text)
})

it('fills the context to its last position', async () => {
  for (const drafter of [undefined, uniformChain(6), pointTree(2, 3)]) {
    const model = toyModel({ contextLength: 10 })
    const full = await generate({ model, prompt, drafter, verifier })
    expect(full.finishReason).toBe('length')
    expect(full.tokenIds).toHaveLength(8)
    expect(model.length).toBe(10)
  }
  const last = await generate({ model: toyModel({ contextLength: 3 }), prompt, drafter: uniformChain(6), verifier })
  expect(last.tokenIds).toHaveLength(1)
})

it('prefills long prompts in chunks and continues a cached context', async () => {
  const long = Int32Array.from({ length: 40 }, (_, i) => i % 6)
  const whole = await generate({ model: toyModel({ maximumRows: 64 }), prompt: long, maxTokens: 8 })
  for (const maximumRows of [1, 2, 5, 16, 39, 40, 41]) {
    const model = toyModel({ maximumRows })
    const drafter = maximumRows > 3 ? uniformChain(6) : undefined
    const chunked = await generate({ model, prompt: long, maxTokens: 8, drafter, verifier })
    expect(chunked.tokenIds).toEqual(whole.tokenIds)
    expect(Math.max(...model.steps)).toBeLessThanOrEqual(maximumRows)
  }
  const model = toyModel()
  const first = await generate({ model, prompt: long, maxTokens: 3 })
  const longer = Int32Array.of(...long, ...first.tokenIds)
  const second = await generate({ model, prompt: longer, maxTokens: 5 })
  expect([...first.tokenIds, ...second.tokenIds]).toEqual([...whole.tokenIds])
  expect(model.steps.at(-5)).toBe(1)
})

it('tells the fate of each token and counts positions', async () => {
  const plain = await generate({ model: toyModel(), prompt, maxTokens: 9 })
  const half = oracle(
    plain.tokenIds.map((token, i) => (i === 2 ? (token + 1) % 6 : token)),
    4,
  )
  const runs: Run[] = []
  const stream = decode({ model: toyModel(), prompt, maxTokens: 9, drafter: half, verifier, clock: () => 0 })
  let next = await stream.next()
  for (; !next.done; next = await stream.next()) runs.push(next.value)
  expect(runs.map((run) => run.fates.map((fate) => fate[0]).join(''))).toEqual(['aac', 'aaaab', 'p'])
  expect(next.value.stats).toMatchObject({
    tokens: 9,
    rounds: 3,
    drafted: 8,
    accepted: 6,
    draftedByPosition: [2, 2, 2, 2],
    acceptedByPosition: [2, 2, 1, 1],
    acceptanceRate: 6 / 8,
    meanAcceptanceLength: 3,
  })
  expect((await generate({ model: toyModel(), prompt, maxTokens: 2 })).fates).toEqual(['plain', 'plain'])
})

it('counts time in the drafter, in forward passes and elsewhere, and none of the consumer', async () => {
  let now = 0
  const model = toyModel()
  const step = model.step
  const slow = Object.assign(Object.create(model) as typeof model, {
    step: (input: Parameters<typeof step>[0]) => {
      now += 10
      return step(input)
    },
  })
  const drafter = toyDrafter(() => {
    now += 3
    return { tokens: Int32Array.of(0), q: { kind: 'point-mass' } }
  })
  const stream = decode({ model: slow, prompt, maxTokens: 6, drafter, verifier, clock: () => now })
  let rounds = 0
  let next = await stream.next()
  for (; !next.done; next = await stream.next()) {
    rounds++
    now += 1000
    expect(next.value.stats.verifyMs).toBe(10)
  }
  const { stats } = next.value
  expect(stats.verifyMs).toBe(10 * rounds)
  expect(stats.otherMs).toBe(0)
  expect(stats.prefillMs).toBe(13)
  expect(stats.tokensPerSecond).toBeGreaterThan(0)
})
