import fc from 'fast-check'
import { expect, it } from 'vitest'
import { floatColumns, quantizedColumns, quantizeMatrix } from './quantize.ts'

const weights = fc
  .record({ inputs: fc.integer({ min: 1, max: 9 }), outputs: fc.integer({ min: 1, max: 150 }) })
  .chain(({ inputs, outputs }) =>
    fc.record({
      inputs: fc.constant(inputs),
      outputs: fc.constant(outputs),
      /** [outputs, inputs] */
      rows: fc.float32Array({ minLength: inputs * outputs, maxLength: inputs * outputs, noNaN: true, min: -8, max: 8 }),
    }),
  )

it('lies within half a step of every weight and uses the whole range', () => {
  fc.assert(
    fc.property(weights, ({ inputs, outputs, rows }) => {
      const { put, matrix, scale } = quantizedColumns(inputs, outputs)
      put(0, rows)
      for (let o = 0; o < outputs; o++) {
        for (let i = 0; i < inputs; i++) {
          const value = rows[o * inputs + i]!
          const level = matrix[i * outputs + o]!
          expect(Math.abs(level)).toBeLessThanOrEqual(127)
          expect(Math.abs(level * scale[o]! - value)).toBeLessThanOrEqual(scale[o]! * 0.5001 + 1e-35)
        }
      }
    }),
  )
})

it('does not depend on how the rows arrive, nor on their layout', () => {
  fc.assert(
    fc.property(weights, fc.nat(), ({ inputs, outputs, rows }, cut) => {
      const at = cut % (outputs + 1)
      const whole = quantizedColumns(inputs, outputs)
      whole.put(0, rows)
      const parts = quantizedColumns(inputs, outputs)
      parts.put(at, rows.slice(at * inputs))
      parts.put(0, rows.slice(0, at * inputs))
      const plain = floatColumns(inputs, outputs)
      plain.put(0, rows)
      const turned = quantizeMatrix(plain.matrix, outputs)
      expect(parts.matrix).toEqual(whole.matrix)
      expect(turned.matrix).toEqual(whole.matrix)
      expect(turned.scale).toEqual(whole.scale)
    }),
  )
})

it('keeps an all-zero output at zero', () => {
  const { put, matrix, scale } = quantizedColumns(2, 1)
  put(0, new Float32Array(2))
  expect([...matrix, ...scale]).toEqual([0, 0, 0])
})
