import { expect, it } from 'vitest'
import { openWindow } from './window.ts'

it('is the ratio of the steps, between 2 and 8, without the first of each', () => {
  for (const [target, draft, expected] of [
    [30, 10, 3],
    [34, 10, 3],
    [10, 10, 2],
    [500, 10, 8],
  ] as const) {
    const window = openWindow('measured')
    expect(window.length()).toBe(4)
    window.draftStep(1000)
    window.targetStep(1)
    expect(window.length()).toBe(4)
    for (let i = 0; i < 5; i++) {
      window.draftStep(draft)
      window.targetStep(target)
    }
    expect(window.length()).toBe(expected)
  }
})

it('stays what it was set to', () => {
  const window = openWindow(5)
  for (let i = 0; i < 5; i++) {
    window.draftStep(1)
    window.targetStep(1)
  }
  expect(window.length()).toBe(5)
})
