import { expect, it } from 'vitest'
import { planThreads } from './runtime.ts'

const isolated = { isIsolated: true, cores: 12 }
const open = { isIsolated: false, cores: 12 }

it('takes the threads that pay', () => {
  expect(planThreads(undefined, 135e6, isolated)).toEqual({ threads: 8 })
  expect(planThreads(undefined, 135e6, { ...isolated, cores: 2 })).toEqual({ threads: 2 })
  expect(planThreads(undefined, 5e6, isolated)).toEqual({ threads: 1 })
  expect(planThreads(3, 5e6, isolated)).toEqual({ threads: 3 })
})

it('takes one where memory cannot be shared, and says why', () => {
  expect(planThreads(undefined, 135e6, open)).toEqual({ threads: 1, note: expect.stringContaining('Embedder-Policy') })
  expect(planThreads(1, 135e6, open)).toEqual({ threads: 1 })
  expect(() => planThreads(2, 135e6, open)).toThrowError(expect.objectContaining({ code: 'UNSUPPORTED' }))
})
