import { layerType } from './architecture.ts'
import type { BuildContext, SlotValues } from './context.ts'

/** Operands of one layer's attention. */
export interface AttendInputs {
  readonly layer: number
  /** [rows * groups, kvHeads, headDim] */
  readonly queries: string
  /** [past, kvHeads, headDim] */
  readonly pastKeys: string
  readonly pastValues: string
  /** [rows, kvHeads, headDim] */
  readonly newKeys: string
  readonly newValues: string
}

export interface Attended {
  /** [kvHeads, rows * groups, headDim], still to be multiplied by `factor`. */
  readonly values: string
  readonly factor: number
}

/** Masked scores over past and fed rows, [kvHeads, rows * groups, past + rows]. */
export function scores(context: BuildContext, { layer, queries, pastKeys, newKeys }: AttendInputs): string {
  const { graph } = context
  const both = graph.op('Concat', [score(context, queries, pastKeys), score(context, queries, newKeys)], { axis: 2 })
  return graph.op('Add', [both, slots(context, layer).mask])
}

/**
 * q·kᵀ for one set of keys. Heads are the middle axis on both sides and nothing is copied to bring them to the front.
 * The factor must not be 1: ONNX Runtime takes another kernel for single rows and columns then, which sums in another order.
 */
function score({ architecture, graph }: BuildContext, queries: string, keys: string): string {
  const scale = architecture.attentionScale ?? architecture.headDim ** -0.5
  const attributes = { transBatchA: 1, transBatchB: 1, transB: 1, alpha: { float: scale } }
  return graph.op('FusedMatMul', [queries, keys], attributes)
}

/** Attention weights times values, over both parts, [kvHeads, rows * groups, headDim]. */
export function weightedValues(context: BuildContext, weights: string, inputs: AttendInputs): string {
  const { graph } = context
  const [past, fresh] = graph.ops('Split', [weights, slots(context, inputs.layer).parts], 2, { axis: 2 })
  const product = (part: string, values: string) => graph.op('FusedMatMul', [part, values], { transBatchB: 1 })
  return graph.op('Add', [product(past as string, inputs.pastValues), product(fresh as string, inputs.newValues)])
}

function slots({ architecture, step }: BuildContext, layer: number): SlotValues {
  return step[layerType(architecture, layer)] as SlotValues
}
