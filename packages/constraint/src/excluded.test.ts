import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LIMITS } from './limits.ts'
import { regexes } from './regexes.ts'

const bytes = fc.uint8Array({ max: 3, maxLength: 4 })

it('leaves out the texts of a list and no others', () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 5 }), bytes, (texts, each) => {
      const store = regexes(LIMITS)
      const isListed = texts.some((text) => text.join() === each.join())
      expect(store.matches(store.except(store.anything, texts), each)).toBe(!isListed)
    }),
  )
})

it('makes the same regex of the same texts, and another of others', () => {
  const store = regexes(LIMITS)
  const except = (...texts: string[]) =>
    store.except(
      store.anything,
      texts.map((text) => Buffer.from(text)),
    )
  expect(except('name', 'version')).toBe(except('name', 'version'))
  expect(except('name', 'version')).not.toBe(except('name', 'versions'))
  expect(except('ab', 'c')).not.toBe(except('a', 'bc'))
})
