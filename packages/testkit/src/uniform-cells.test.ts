import { expect, it } from 'vitest'
import { lawOverUniforms } from './uniform-cells.ts'

async function law(run: Parameters<typeof lawOverUniforms>[0]): Promise<Record<string, number>> {
  return Object.fromEntries(await lawOverUniforms(run))
}

it('measures cells exactly', async () => {
  const result = await law((uniform) => {
    const u = uniform('a')
    return u < 1 / 3 ? 'low' : u < 0.9 ? 'middle' : 'high'
  })
  expect(result['low']).toBeCloseTo(1 / 3, 12)
  expect(result['middle']).toBeCloseTo(0.9 - 1 / 3, 12)
  expect(result['high']).toBeCloseTo(0.1, 12)
})

it('follows what is asked for next', async () => {
  const result = await law((uniform) => {
    if (uniform('a') < 0.3) return uniform('b') < 0.2 ? 'x' : 'y'
    return uniform('c') < 0.7 ? 'x' : 'z'
  })
  expect(result['x']).toBeCloseTo(0.3 * 0.2 + 0.7 * 0.7, 12)
  expect(result['y']).toBeCloseTo(0.3 * 0.8, 12)
})

it('sees that a uniform was used twice', async () => {
  const twice = await law((uniform) => `${uniform('a') < 0.5}${uniform('a') < 0.5}`)
  expect(twice['truefalse']).toBeUndefined()
  const once = await law((uniform) => `${uniform('a') < 0.5}${uniform('b') < 0.5}`)
  expect(once['truefalse']).toBeCloseTo(0.25, 12)
})

it('tells states apart that only show later', async () => {
  // Whichever branch: the same key is asked for next, and only its use differs.
  const result = await law((uniform) => {
    const threshold = uniform('a') < 0.4 ? 0.25 : 0.75
    return uniform('b') < threshold ? 'x' : 'y'
  })
  expect(result['x']).toBeCloseTo(0.4 * 0.25 + 0.6 * 0.75, 12)
})

it('takes cells that come in pieces', async () => {
  const result = await law((uniform) => (Math.floor(uniform('a') * 7) % 2 === 0 ? 'even' : 'odd'))
  expect(result['even']).toBeCloseTo(4 / 7, 12)
})

it('gives up on cases that are too large', async () => {
  const endless = lawOverUniforms((uniform) => String(Array.from({ length: 40 }, (_, i) => uniform(`${i}`) < 0.5)), {
    mostRuns: 1000,
  })
  await expect(endless).rejects.toThrow(/more than 1000 runs/)
})
