import { type Attended, type AttendInputs, scores, weightedValues } from './attend.ts'
import type { BuildContext } from './context.ts'

/** Ordinary softmax attention; bits of a row depend on what is fed with it. */
export function floatAttend(context: BuildContext, inputs: AttendInputs): Attended {
  const weights = context.graph.op('Softmax', [scores(context, inputs)], { axis: -1 })
  return { values: weightedValues(context, weights, inputs), factor: 1 }
}
