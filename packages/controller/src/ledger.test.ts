import { expect, it } from 'vitest'
import { ledger } from './ledger.ts'

it('lets a generation lose its allowance and a share of all tokens', () => {
  const book = ledger(0.01, 2)
  book.begin()
  expect(book.headroom()).toBeCloseTo(2)
  book.add(1, 2.5, false)
  expect(book.headroom()).toBeCloseTo(0.51)
})

it('lets it lose what earlier ones won too, up to a second allowance', () => {
  const book = ledger(0.01, 2)
  book.begin()
  book.add(5, 4, false)
  book.begin()
  expect(book.headroom()).toBeCloseTo(3)
  for (let round = 0; round < 9; round++) book.add(5, 1, false)
  book.begin()
  expect(book.headroom()).toBeCloseTo(4)
})

it('takes no allowance away for what earlier ones lost, and wins it back before it stakes more', () => {
  const book = ledger(0.01, 2)
  book.begin()
  book.add(1, 4, false)
  book.begin()
  expect(book.headroom()).toBeCloseTo(2)
  book.add(5, 3, false)
  book.begin()
  expect(book.won).toBeCloseTo(-1)
  expect(book.headroom()).toBeCloseTo(2)
})

it('goes on from what was won before', () => {
  const book = ledger(0.01, 2)
  book.resume(1.5)
  book.begin()
  expect(book.headroom()).toBeCloseTo(3.5)
  expect(book.won).toBe(1.5)
})
