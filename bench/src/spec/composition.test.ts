import { expect, it } from 'vitest'
import { type CompositionSpec, checkComposition, partsAt } from './composition.ts'

const known = { drafters: ['lookup', 'first-of'], verifiers: ['exact', 'sampling'] }
const good = {
  name: 'a-b',
  about: 'One.',
  drafter: { method: 'lookup', options: { length: 3 }, cap: 2 },
  verifier: { method: 'exact' },
}
const check = (value: unknown): CompositionSpec => checkComposition(value, 'a-b.json', known)

it('takes a composition as it is', () => {
  const { drafter, verifier, variants } = check(good)
  expect(drafter).toEqual({ method: 'lookup', options: { length: 3 }, cap: 2, drafters: [] })
  expect(verifier).toEqual({ method: 'exact', options: {} })
  expect(variants).toEqual([])
})

it('lets a variant stand in at its temperature', () => {
  const composition = check({ ...good, variants: [{ temperature: 1, verifier: { method: 'sampling' } }] })
  expect(partsAt(composition, 0)?.verifier.method).toBe('exact')
  expect(partsAt(composition, 1)?.verifier.method).toBe('sampling')
  expect(partsAt(composition, 1)?.drafter).toBe(composition.drafter)
})

it('is measured only where it says', () => {
  expect(partsAt(check({ ...good, only: [0] }), 1)).toBeUndefined()
  expect(partsAt(check({ ...good, only: [0] }), 0)).toBeDefined()
})

it('checks drafters inside drafters', () => {
  const nested = { ...good, drafter: { method: 'first-of', drafters: [{ method: 'lookup' }, { method: 'oracle' }] } }
  expect(() => check(nested)).toThrow(/drafters\[1\]\.method" is "oracle"/)
})

it.each([
  [{ ...good, verifyer: {} }, 'BAD_OPTION', /"verifyer" is not an option/],
  [{ ...good, drafter: { method: 'oracle' } }, 'NOT_FOUND', /"oracle".*lookup, first-of/],
  [{ ...good, drafter: { method: 'lookup', caps: 1 } }, 'BAD_OPTION', /"caps" is not an option/],
  [{ ...good, drafter: { method: 'lookup', cap: 0 } }, 'BAD_OPTION', /"drafter.cap" is 0/],
  [{ ...good, drafter: { method: 'lookup', options: [1] } }, 'BAD_OPTION', /"drafter.options" is \[1\]/],
  [{ ...good, drafter: { method: 'lookup', remembers: 1 } }, 'BAD_OPTION', /"drafter.remembers" is 1/],
  [{ ...good, verifier: undefined }, 'BAD_OPTION', /"verifier" is missing/],
  [{ ...good, name: 'A B' }, 'BAD_OPTION', /"name" is "A B"/],
  [{ ...good, only: ['hot'] }, 'BAD_OPTION', /"only" is hot/],
  [{ ...good, variants: [{ verifier: { method: 'exact' } }] }, 'BAD_OPTION', /"variants.temperature" is missing/],
  [{ ...good, variants: [{ temperature: 1, seed: 2 }] }, 'BAD_OPTION', /"seed" is not an option/],
  ['text', 'BAD_OPTION', /"the file" is "text"/],
])('refuses %j by name', (value, code, message) => {
  expect(() => check(value)).toThrow(message)
  expect(() => check(value)).toThrow(expect.objectContaining({ code }))
})
