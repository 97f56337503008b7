import { type Capability, type Committed, type Drafter, NO_DRAFT, SPEC_VERSION } from '@foretoken/core'
import { expect, it } from 'vitest'
import { CURVE, flat, modelOf, playRound, simulated, world } from '../test/simulate.ts'
import { controller } from './controller.ts'

const PROMPT = Int32Array.of(0)

/** Has nothing to say, counts how often it was asked, and notes what it was told. */
function silent(requires: readonly Capability[] = []) {
  const told: number[] = []
  let asked = 0
  const drafter: Drafter = {
    manifest: { specVersion: SPEC_VERSION, kind: 'drafter', name: `silent ${requires.join()}`, requires },
    begin() {},
    draft() {
      asked++
      return NO_DRAFT
    },
    commit: ({ tokens }: Committed) => void told.push(...tokens),
    dispose() {},
    async [Symbol.asyncDispose]() {},
  }
  return { drafter, told, asked: () => asked }
}

it('seldom asks those who have nothing to say, and tells them of every token before it asks', async () => {
  const here = world(1)
  const first = silent()
  const seen: number[] = []
  const noting: Drafter = {
    ...first.drafter,
    draft() {
      seen.push(first.told.length)
      return NO_DRAFT
    },
  }
  const drafter = controller({
    drafters: [noting],
    costs: CURVE,
    clock: () => (here.now += 0.02),
  })
  await drafter.begin(PROMPT, modelOf(here))
  let asks: number[] = []
  for (let round = 0; round < 300; round++) {
    await playRound(drafter, here)
    if (seen.length > asks.length) {
      expect(seen.at(-1)).toBe(round)
      asks = [...seen]
    }
  }
  expect(asks.filter((round) => round >= 100).length).toBeLessThan(30)
  expect(asks.filter((round) => round >= 100).length).toBeGreaterThan(5)
  expect(first.told.length).toBeLessThan(300)
  await drafter.begin(PROMPT, modelOf(here))
  expect(first.told).toEqual(Array.from({ length: 300 }, (_, i) => here.truth(1 + i)))
  for (let round = 0; round < 5; round++) await playRound(drafter, here)
  await drafter.dispose()
  expect(first.told.length).toBe(305)
})

it('tells those who look at the passes at once', async () => {
  const here = world(1)
  const reader = silent(['logits:all-positions'])
  const model = modelOf(here)
  Object.assign(model, { supports: new Set(['logits:all-positions']) })
  const drafter = controller({ drafters: [reader.drafter], costs: CURVE, clock: () => (here.now += 0.02) })
  await drafter.begin(PROMPT, model)
  for (let round = 1; round <= 200; round++) {
    await playRound(drafter, here)
    expect(reader.told.length).toBe(round)
  }
  expect(reader.asked()).toBeLessThan(120)
})

it('is awake again soon after the text can be drafted', async () => {
  const here = world(1)
  const { drafter: quiet } = silent()
  let isGood = false
  const drafter = controller({
    drafters: [
      {
        ...quiet,
        draft(room) {
          if (!isGood) return NO_DRAFT
          const tokens = Int32Array.from({ length: Math.min(room, 8) }, (_, i) => here.truth(here.position + i))
          return { tokens, q: { kind: 'point-mass' } }
        },
      },
    ],
    costs: CURVE,
    clock: () => (here.now += 0.02),
  })
  await drafter.begin(PROMPT, modelOf(here))
  for (let round = 0; round < 300; round++) await playRound(drafter, here)
  isGood = true
  let rounds = 0
  while ((await playRound(drafter, here)) === 1) rounds++
  expect(rounds).toBeLessThan(33)
  const before = here.position
  for (let round = 0; round < 20; round++) await playRound(drafter, here)
  expect(here.position - before).toBeGreaterThan(50)
})

it('stakes a quarter of what may be lost on one draft, and lets a text lose no more than two steps that earlier ones won', async () => {
  const here = world(1)
  const lengths: number[] = []
  const copies = simulated(flat('copies', 1), here)
  const drafter = controller({
    drafters: [copies],
    costs: CURVE,
    clock: () => here.now,
    explain: ({ drafted }) => lengths.push(drafted),
  })
  for (let generation = 0; generation < 2; generation++) {
    await drafter.begin(new Int32Array(here.position), modelOf(here))
    for (let round = 0; round < 30; round++) await playRound(drafter, here)
  }
  // Nine nodes cost more than a whole step, a quarter of the two that may be lost at first and of two that were won.
  expect(lengths[30]).toBeLessThan(10)
  expect(lengths[30]).toBeGreaterThan(6)
  expect(lengths[35]).toBeGreaterThan(20)
})
