import { type ErrorCode, ForetokenError } from '@foretoken/core'
import type { Sequence } from '@foretoken/drafting'
import { randomTokens } from '@foretoken/testkit'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { appendToPool, loadSuffixPool, type SuffixPool, type SuffixPoolOptions, stateOf, suffixPool } from './pool.ts'

it('holds what was added and drops the oldest sequence as a whole', () => {
  const pool = suffixPool({ maximumTokens: 40, depth: 4 })
  for (let i = 0; i < 4; i++) pool.add(Int32Array.from({ length: 10 }, (_, k) => 10 * i + k))
  expect([pool.tokens, pool.sequences]).toEqual([40, 4])
  pool.add(Int32Array.of(7, 7, 7, 7, 7))
  // Five tokens came, ten went.
  expect([pool.tokens, pool.sequences]).toEqual([35, 4])
  expect([...stateOf(pool).order].map(({ text }) => text[0])).toEqual([10, 20, 30, 7])
})

it('keeps to its bound in tokens and bytes, whatever writers do side by side', () => {
  const step = fc.record({ writer: fc.nat(3), count: fc.integer({ min: 1, max: 30 }), ends: fc.boolean() })
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 60 }), fc.array(step, { maxLength: 40 }), (maximumTokens, steps) => {
      const pool = suffixPool({ maximumTokens, depth: 6 })
      const state = stateOf(pool)
      const writers: (Sequence | undefined)[] = [undefined, undefined, undefined, undefined]
      for (const [round, { writer, count, ends }] of steps.entries()) {
        for (const token of randomTokens(count, 4, round)) writers[writer] = appendToPool(state, writers[writer], token)
        if (ends) writers[writer] = undefined
        const held = [...state.order].reduce((sum, { start, length }) => sum + length - start, 0)
        expect(pool.tokens).toBe(held)
        expect(held).toBeLessThanOrEqual(maximumTokens)
        expect(state.tree.nodes.size).toBeLessThanOrEqual(2 * maximumTokens + 1)
        expect(state.tree.sequences.length).toBeLessThanOrEqual(maximumTokens)
      }
    }),
    { numRuns: 100 },
  )
})

it('takes no more memory after a hundred times its bound', () => {
  const pool = suffixPool({ maximumTokens: 2000 })
  let most = 0
  for (let i = 0; i < 1000; i++) {
    pool.add(randomTokens(200, 50, i))
    most = Math.max(most, pool.bytes)
  }
  expect(pool.tokens).toBeGreaterThan(1500)
  expect(most).toBeLessThan(2000 * 140)
})

it('comes back from its bytes', () => {
  const pool = suffixPool({ maximumTokens: 100, depth: 5 })
  for (let i = 0; i < 20; i++) pool.add(randomTokens(9, 6, i))
  const again = loadSuffixPool(pool.save(), { maximumTokens: 100, depth: 5 })
  expect([again.tokens, again.sequences]).toEqual([pool.tokens, pool.sequences])
  expect([...again.save()]).toEqual([...pool.save()])
  const smaller = loadSuffixPool(pool.save(), { maximumTokens: 40, depth: 5 })
  expect(smaller.tokens).toBeLessThanOrEqual(40)
  expect([...stateOf(smaller).order].at(-1)!.text).toEqual([...stateOf(pool).order].at(-1)!.text)
  expect(loadSuffixPool(suffixPool().save()).tokens).toBe(0)
})

it('refuses every saved pool that is not as it was saved', () => {
  const pool = suffixPool({ maximumTokens: 100 })
  for (let i = 0; i < 3; i++) pool.add(randomTokens(7, 6, i))
  const bytes = pool.save()
  const refused = (damaged: Uint8Array, ...codes: ErrorCode[]): void => {
    try {
      loadSuffixPool(damaged)
    } catch (error) {
      expect(codes).toContain(ForetokenError.is(error) && error.code)
      return
    }
    expect.unreachable('The damaged pool was loaded.')
  }
  for (let length = 0; length < bytes.length; length++) {
    refused(bytes.slice(0, length), length < 20 ? 'BAD_OPTION' : 'BAD_CHECKSUM')
  }
  for (let at = 0; at < bytes.length; at++) {
    const code = at < 8 ? 'BAD_OPTION' : 'BAD_CHECKSUM'
    for (const bit of [1, 128])
      refused(
        bytes.map((byte, i) => (i === at ? byte ^ bit : byte)),
        code,
      )
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => refused(noise, 'BAD_OPTION', 'BAD_CHECKSUM')))
  refused('FTSP' as unknown as Uint8Array, 'BAD_OPTION')
})

it('refuses bad options with a typed error', () => {
  for (const options of [{ maximumTokens: 3 }, { maximumTokens: 1.5 }, { depth: 1 }, { depth: 65 }, { size: 4 }]) {
    expect(() => suffixPool(options as SuffixPoolOptions)).toThrow(ForetokenError)
  }
  expect(() => suffixPool().add(Int32Array.of(1, -1))).toThrow(/token -1/)
  expect(() => stateOf({} as SuffixPool)).toThrow(/pool/)
})
