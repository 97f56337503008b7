import { type Attended, type AttendInputs, scores, weightedValues } from './attend.ts'
import type { BuildContext } from './context.ts'
import { EXPONENTIAL_BITS } from './graph-options.ts'

/**
 * Softmax attention in which every sum over cache slots is a sum of integers below 2^24, so float32 holds each partial sum
 * exactly and neither order nor grouping of the slots can change a bit:
 *
 *   e = round(2^11 exp(s − max s)),  Z = Σ e,  P = round(e · 2^p / Z),  out = 2^−p Σ P V,  V integer
 *
 * q·k sums over headDim alone, in one fixed order.
 */
export function exactAttend(context: BuildContext, inputs: AttendInputs): Attended {
  const { graph, options } = context
  const s = scores(context, inputs)
  const last = graph.integers(-1)
  // 2^11 exp(s − max) = exp(s − (max − 11 ln 2)): the shift costs one operation per row instead of one per slot.
  const highest = graph.op('ReduceMax', [s, last], { keepdims: 1 })
  const shift = graph.op('Sub', [highest, graph.scalar(EXPONENTIAL_BITS * Math.LN2)])
  const e = graph.op('Round', [graph.op('Exp', [graph.op('Sub', [s, shift])])])
  const z = graph.op('ReduceSum', [e, last], { keepdims: 1 })
  const factor = graph.op('Div', [graph.scalar(2 ** options.grid.probabilityBits), z])
  const p = graph.op('Round', [graph.op('Mul', [e, factor])])
  return { values: weightedValues(context, p, inputs), factor: 2 ** -options.grid.probabilityBits }
}
