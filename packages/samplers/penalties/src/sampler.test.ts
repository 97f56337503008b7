import { ForetokenError } from '@foretoken/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type PenaltiesOptions, penalties } from './sampler.ts'

const VOCABULARY = 6
const options = fc.record({
  repetition: fc.double({ min: 0.5, max: 2, noNaN: true }),
  presence: fc.double({ min: -2, max: 2, noNaN: true }),
  frequency: fc.double({ min: -2, max: 2, noNaN: true }),
  countFrom: fc.integer({ min: 0, max: 5 }),
})
const history = fc.array(fc.integer({ min: 0, max: VOCABULARY - 1 }), { maxLength: 12 })
const finite = fc.float({ noNaN: true, noDefaultInfinity: true, min: -20, max: 20 })
const logits = fc.array(finite, { minLength: VOCABULARY, maxLength: VOCABULARY })

/** The definition, by counting again. */
function reference(values: readonly number[], tokens: readonly number[], rules: Required<PenaltiesOptions>): number[] {
  return values.map((value, x) => {
    let logit = value
    if (tokens.includes(x)) logit = Math.fround(logit < 0 ? logit * rules.repetition : logit / rules.repetition)
    const count = tokens.slice(rules.countFrom).filter((token) => token === x).length
    return count === 0 ? logit : Math.fround(logit - (rules.presence + rules.frequency * count))
  })
}

it('computes the definition', () => {
  fc.assert(
    fc.property(options, history, logits, (rules, tokens, values) => {
      const processor = penalties(rules)
      for (const token of tokens) processor.advance(token)
      const row = Float32Array.from(values)
      processor.apply(row)
      expect(row).toEqual(Float32Array.from(reference(values, tokens, rules)))
    }),
  )
})

it('takes back what it was told', () => {
  fc.assert(
    fc.property(options, history, history, logits, (rules, tokens, detour, values) => {
      const processor = penalties(rules)
      for (const token of [...tokens, ...detour]) processor.advance(token)
      processor.rollback(detour.length)
      const row = Float32Array.from(values)
      processor.apply(row)
      expect(row).toEqual(Float32Array.from(reference(values, tokens, rules)))
    }),
  )
})

it('forks without sharing history', () => {
  const processor = penalties({ frequency: 1 })
  processor.advance(0)
  const fork = processor.fork()
  fork.advance(1)
  processor.advance(2)
  const rows = [processor, fork].map((each) => {
    const row = new Float32Array(3)
    each.apply(row)
    return [...row]
  })
  expect(rows).toEqual([
    [-1, 0, -1],
    [-1, -1, 0],
  ])
})

it('leaves masked tokens masked', () => {
  const processor = penalties({ repetition: 1.3, presence: -1, frequency: -1 })
  processor.advance(0)
  const row = Float32Array.of(-Infinity, 1)
  processor.apply(row)
  expect(row).toEqual(Float32Array.of(-Infinity, 1))
})

it('refuses bad options with a typed error', () => {
  const bad = [
    { repetition: 0 },
    { repetition: -1 },
    { presence: Number.NaN },
    { frequency: Infinity },
    { countFrom: 0.5 },
    { repetitions: 1.1 },
  ]
  for (const each of bad) {
    expect(() => penalties(each as PenaltiesOptions)).toThrow(ForetokenError)
    expect(() => penalties(each as PenaltiesOptions)).toThrow(/penalties/)
  }
  expect(() => penalties({}).rollback(1)).toThrow(ForetokenError)
})
