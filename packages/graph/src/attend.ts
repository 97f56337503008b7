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

/** Longest sum that ONNX Runtime's matrix kernels take in one go; longer ones are cut where the other extents say. */
const SUM_LIMIT = 128

/**
 * q·kᵀ for one set of keys, [kvHeads, rows * groups, keys]. Heads are the middle axis on both sides and nothing is copied to bring
 * them to the front. Wide heads are summed in parts, so that the order is fixed.
 */
function score({ architecture, graph }: BuildContext, queries: string, keys: string): string {
  const { headDim, kvHeads, attentionScale = headDim ** -0.5 } = architecture
  const isOne = attentionScale === 1
  // With a factor of 1 single rows and columns would get kernels of their own, which sum in another order.
  const scaled = isOne ? graph.op('Mul', [queries, graph.scalar(2)]) : queries
  const attributes = { transBatchA: 1, transBatchB: 1, transB: 1, alpha: { float: isOne ? 0.5 : attentionScale } }
  if (headDim <= SUM_LIMIT) return graph.op('FusedMatMul', [scaled, keys], attributes)
  const parts = partsOf(headDim)
  const shape = graph.integers(-1, kvHeads, parts, headDim / parts)
  const operands = [scaled, keys].map((value) => graph.op('Reshape', [value, shape]))
  const sums = graph.op('FusedMatMul', operands, attributes)
  return graph.op('ReduceSum', [sums, graph.integers(1)], { keepdims: 0 })
}

/** The fewest equal parts within the limit. */
function partsOf(headDim: number): number {
  let parts = Math.ceil(headDim / SUM_LIMIT)
  while (headDim % parts !== 0) parts++
  return parts
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
