import { expect, it } from 'vitest'
import { PLAIN, schedule } from './schedule.ts'

it.each([1, 2, 3, 4, 5])('runs each of %i compositions once, beside a plain run', (count) => {
  for (let turn = 0; turn < 12; turn++) {
    const groups = schedule(count, turn)
    const indexes = groups.flat().filter((index) => index !== PLAIN)
    expect(indexes.sort()).toEqual(Array.from({ length: count }, (_, i) => i))
    for (const group of groups) {
      const plain = group.indexOf(PLAIN)
      expect(group.filter((index) => index === PLAIN)).toHaveLength(1)
      for (const at of group.keys()) expect(Math.abs(at - plain)).toBeLessThanOrEqual(1)
    }
  }
})

it.each([1, 2, 3, 4, 5, 6])('lets each of %i compositions go before the plain run as often as after', (count) => {
  for (let index = 0; index < count; index++) {
    let before = 0
    for (let turn = 0; turn < 120; turn++) {
      const group = schedule(count, turn).find((one) => one.includes(index))!
      if (group.indexOf(index) < group.indexOf(PLAIN)) before++
    }
    expect(before).toBe(60)
  }
})
