import { expect, it } from 'vitest'
import { bestFixed, flat, meanRate, type Source } from '../test/simulate.ts'

const SCENES: readonly [string, readonly Source[]][] = [
  ['a good lookup', [flat('good', 0.8)]],
  ['a useless lookup', [flat('useless', 0.02)]],
  ['a middling lookup beside a useless one', [flat('middling', 0.5), flat('useless', 0.02)]],
  ['a drafter that tires', [{ name: 'tiring', accept: (depth) => 0.9 * 0.8 ** (depth - 1) }]],
  ['a draft model', [flat('model', 0.75, { level: 0.12 })]],
  ['a draft model that draws', [flat('model', 0.75, { level: 0.12, isDrawn: true })]],
  ['a useless draft model', [flat('model', 0.1, { level: 0.12 })]],
  ['a draft model beside a poor lookup', [flat('lookup', 0.2), flat('model', 0.85, { level: 0.1 })]],
  ['a worse and a better draft model', [flat('worse', 0.6, { level: 0.05 }), flat('better', 0.85, { level: 0.1 })]],
  ['a slow drafter', [flat('slow', 0.9, { base: 6 })]],
]

it.each(SCENES)('comes within 3 %% of the best fixed choice in 500 rounds: %s', async (_, sources) => {
  const rate = await meanRate(sources, 500, 40)
  expect(rate / bestFixed(sources)).toBeGreaterThan(0.97)
})

it.each(SCENES)('comes within 1 %% of it in 5,000 rounds: %s', async (_, sources) => {
  const rate = await meanRate(sources, 5000, 10)
  expect(rate / bestFixed(sources)).toBeGreaterThan(0.99)
})

it.each(SCENES)('comes near it on a machine that others use too, free drafters nearest: %s', async (_, sources) => {
  const isFree = sources.every(({ base = 0, level = 0 }) => base + level === 0)
  const rate = await meanRate(sources, 500, 40, {}, true)
  expect(rate / bestFixed(sources)).toBeGreaterThan(isFree ? 0.97 : 0.92)
})
