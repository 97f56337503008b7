import { expect, it } from 'vitest'
import { CURVE, flat, meanRate, modelOf, play, type Source, simulated, world } from '../test/simulate.ts'
import { controller } from './controller.ts'
import { type Experience, parseExperience } from './experience.ts'

const MODEL: readonly Source[] = [flat('model', 0.85, { level: 0.1, base: 0.3 })]
const json = (experience: Experience): unknown => JSON.parse(JSON.stringify(experience))

const learned = async (sources: readonly Source[]): Promise<Experience> =>
  parseExperience(json((await play(sources, 400, 99)).drafter.experience()))

it('drafts well from the first rounds on what an earlier controller learned', async () => {
  const experience = await learned(MODEL)
  const fresh = await meanRate(MODEL, 30, 40)
  const resumed = await meanRate(MODEL, 30, 40, { experience })
  expect(resumed / fresh).toBeGreaterThan(1.05)
})

it('forgets experience that no longer holds, within the bound of the ledger', async () => {
  const experience = await learned([flat('model', 0.9, { level: 0.1 })])
  const useless = [flat('model', 0.05, { level: 0.1 })]
  const rounds = 500
  for (let seed = 0; seed < 20; seed++) {
    const { rate } = await play(useless, rounds, seed, { experience })
    // Tokens of `rounds` plain steps, less epsilon of them, less the allowance of two steps.
    expect(rate).toBeGreaterThan(1 - 0.01 - 4 / rounds)
  }
})

it('starts where the earlier one ended: price and acceptance', async () => {
  const { drafter } = await play(MODEL, 200, 3)
  const experience = drafter.experience()
  const { price, acceptance, isAsking } = experience.drafters['model']!
  expect(price.base + 4 * price.level).toBeCloseTo(0.3 + 4 * 0.1, 1)
  expect(acceptance.hits[0]! / acceptance.trials[0]!).toBeCloseTo(0.85, 0)
  expect(isAsking).toBe(true)
  expect(experience.won).toBeGreaterThan(20)
  const here = world(4)
  const resumed = controller({
    drafters: MODEL.map((source) => simulated(source, here)),
    costs: CURVE,
    experience,
    clock: () => here.now,
  })
  await resumed.begin(Int32Array.of(0), modelOf(here))
  const draft = await resumed.draft(100, { uniform: () => here.uniform() })
  expect(draft.tokens.length).toBeGreaterThan(1)
})

it('knows nothing of drafters by other names', async () => {
  const experience = await learned(MODEL)
  const { drafter } = await play([flat('other', 0.5)], 0, 1, { experience })
  expect(drafter.experience().drafters).toEqual({})
})

it('refuses what is no experience, by name', () => {
  const good = {
    acceptance: {},
    price: { base: 0, level: 0, reading: 0, isByLevel: false },
    isDrawn: false,
    isAsking: false,
  }
  const read = (value: unknown) => () => parseExperience(value)
  expect(read({ version: 2, drafters: {} })).toThrow('none of version 1')
  expect(read({ version: 1 })).toThrow('names no drafters')
  expect(read({ version: 1, drafters: {}, won: '3' })).toThrow('has won what is no number')
  expect(read({ version: 1, drafters: { a: good } })).toThrow('counts of a')
  const [cells, bins] = [new Array(96).fill(0), new Array(16).fill(0)]
  const acceptance = { hits: cells, trials: cells, binHits: bins, binTrials: bins }
  expect(read({ version: 1, drafters: { a: { ...good, acceptance } } })).not.toThrow()
  const more = { ...acceptance, hits: [1, ...cells.slice(1)] }
  expect(read({ version: 1, drafters: { a: { ...good, acceptance: more } } })).toThrow('counts of a')
  const price = { ...good.price, base: -1 }
  expect(read({ version: 1, drafters: { a: { ...good, acceptance, price } } })).toThrow('price of a')
})
