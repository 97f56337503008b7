import { ForetokenError, generate, type Model } from '@foretoken/core'
import { nearbyTable, referenceVerifier, toyModel, toyTable } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { pearl } from './drafter.ts'
import { openWindow } from './window.ts'

const vocabularySize = 6
const prompt = Int32Array.of(1, 2, 3, 4, 5)
const logits = toyTable({ vocabularySize })
const near = nearbyTable(logits, { vocabularySize, seed: 9 })
const target = () => toyModel({ vocabularySize, logits })
const small = () => toyModel({ vocabularySize, logits: near, maximumRows: 4 })
const verifier = referenceVerifier('match')
const draws = { uniform: (offset: number) => ((offset + 1) * 0.377) % 1 }
const quiet = async () => {
  for (let i = 0; i < 40; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Counts steps; `onStep` may throw. */
function watched(model: Model, onStep: (count: number) => void = () => {}) {
  const step = model.step.bind(model)
  const watch = { model, steps: 0 }
  model.step = async (input) => {
    onStep(++watch.steps)
    return step(input)
  }
  return watch
}

it('hands over one window a round while all of it is right', async () => {
  for (const window of [2, 4]) {
    await using drafter = pearl({ model: target(), window })
    const run = { model: target(), prompt, maxTokens: 1 + 6 * window }
    const plain = await generate({ ...run, model: target() })
    const { tokenIds, stats } = await generate({ ...run, drafter, verifier })
    expect(tokenIds).toEqual(plain.tokenIds)
    // The target decides the first token alone, then g tokens in each round.
    expect(stats.rounds).toBe(7)
    expect(stats.accepted).toBe(stats.drafted)
  }
})

it('needs no more rounds than plain decoding when the draft model is always wrong', async () => {
  const wrong = (context: readonly number[]) => logits(context).map((logit) => -logit)
  await using drafter = pearl({ model: toyModel({ vocabularySize, logits: wrong }) })
  const { stats } = await generate({ model: target(), prompt, drafter, verifier, maxTokens: 30 })
  expect([stats.rounds, stats.drafted]).toEqual([30, 0])
})

it('has the next draft ready when the target is done', async () => {
  const watch = watched(small())
  await using drafter = pearl({ model: watch.model, window: 3 })
  await drafter.begin(prompt, target())
  expect((await drafter.draft(9, draws)).tokens).toHaveLength(0)
  await quiet()
  const before = watch.steps
  const plain = await generate({ model: small(), prompt, maxTokens: 3 })
  const token = plain.tokenIds[0]!
  const output = { rows: 0, logits: new Float32Array(0) }
  const draft = { tokens: new Int32Array(0), q: { kind: 'point-mass' } } as const
  const path = new Int32Array(0)
  drafter.commit({ path, token, kind: 'bonus', tokens: Int32Array.of(token), draft, output, base: 0 })
  expect((await drafter.draft(9, draws)).tokens).toEqual(plain.tokenIds.subarray(1))
  expect(watch.steps).toBeLessThanOrEqual(before + 1)
})

it('tells of a failure in the background at the next draft, and can begin again', async () => {
  const watch = watched(small(), (count) => {
    if (count === 7) throw new Error('lost')
  })
  await using drafter = pearl({ model: watch.model })
  const run = { prompt, drafter, verifier, maxTokens: 30 }
  const { stats } = await generate({ ...run, model: target() })
  expect(stats.draftingFailure?.reason).toMatch(/wrote ahead: .*lost/)
  const plain = await generate({ model: target(), prompt, maxTokens: 30 })
  expect((await generate({ ...run, model: target() })).tokenIds).toEqual(plain.tokenIds)
})

it('leaves nothing behind after dispose, or more than a window after an abort', async () => {
  const watch = watched(small())
  const drafter = pearl({ model: watch.model, window: 3 })
  const controller = new AbortController()
  const aborting = watched(target(), (count) => {
    if (count === 3) controller.abort()
  })
  const run = { prompt, drafter, verifier, maxTokens: 30, signal: controller.signal }
  await expect(generate({ ...run, model: aborting.model })).rejects.toThrow(/aborted/)
  const atAbort = watch.steps
  await quiet()
  expect(watch.steps).toBeLessThanOrEqual(atAbort + 3)
  await drafter.begin(Int32Array.of(3, 1), target())
  await drafter.draft(9, draws)
  await drafter.dispose()
  const atDispose = watch.steps
  await quiet()
  expect(watch.steps).toBe(atDispose)
  await expect(Promise.resolve().then(() => drafter.draft(1, draws))).rejects.toThrow(/dispose/)
})

it('measures its window: the ratio of both steps, the first of each left out', () => {
  const window = openWindow('measured')
  expect(window.length()).toBe(4)
  for (const ms of [500, 12, 12]) window.targetStep(ms)
  for (const ms of [90, 2, 2]) window.draftStep(ms)
  expect(window.length()).toBe(6)
  for (let i = 0; i < 200; i++) window.targetStep(900)
  expect(window.length()).toBe(8)
  for (let i = 0; i < 400; i++) window.draftStep(900)
  expect(window.length()).toBe(2)
  expect(openWindow(1).length()).toBe(1)
})

it('refuses bad options with a typed error', () => {
  const bad = [{ window: 0 }, { window: 65 }, { window: 'long' }, { temperature: -1 }, { gamma: 1 }]
  for (const options of bad) expect(() => pearl({ model: small(), ...options } as never)).toThrow(ForetokenError)
  expect(() => pearl({} as never)).toThrow(/model/)
  expect(() => pearl({ model: toyModel({ vocabularySize, supports: [] }) })).toThrow(/kv:rewind/)
})
