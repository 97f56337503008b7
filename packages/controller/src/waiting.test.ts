import { expect, it } from 'vitest'
import { settled, type Waiting } from './waiting.ts'

function* sum(...values: (number | Promise<number>)[]): Waiting<number> {
  let total = 0
  for (const value of values) total += typeof value === 'number' ? value : ((yield value) as number)
  return total
}

it('gives a result at once when nothing is waited for, and a promise otherwise', async () => {
  expect(settled(sum(1, 2))).toBe(3)
  const later = settled(sum(1, Promise.resolve(2), 3, Promise.resolve(4)))
  expect(later).toBeInstanceOf(Promise)
  expect(await later).toBe(10)
})

it('throws a refusal where it was waited for', async () => {
  function* careful(): Waiting<string> {
    try {
      yield Promise.reject(new Error('no'))
    } catch (error) {
      return `caught ${(error as Error).message}`
    }
    return 'never'
  }
  expect(await settled(careful())).toBe('caught no')
  await expect(settled(sum(Promise.reject(new Error('on its way'))))).rejects.toThrow('on its way')
})
