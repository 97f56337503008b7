import type { BuildContext } from './context.ts'

/** RMS normalization of the last axis times a prepared `weight`; without one (folded), times 1. */
export function norm(context: BuildContext, x: string, weight: string | undefined): string {
  const factor = normWeight(context, weight)
  return context.graph.op(
    'SimplifiedLayerNormalization',
    [x, factor],
    normAttributes(context, { axis: -1, stash_type: 1 }),
  )
}

/** Adds `branch` to the residual stream `x` and normalizes the sum: [sum, normalized]. `name` names the sum. */
export function addAndNorm(
  context: BuildContext,
  x: string,
  branch: string,
  weight: string | undefined,
  name?: string,
): [string, string] {
  const operands = [x, branch, normWeight(context, weight)]
  const names = [undefined, '', '', name]
  const [normalized, , , sum] = context.graph.ops(
    'SkipSimplifiedLayerNormalization',
    operands,
    4,
    normAttributes(context, {}),
    names,
  )
  return [sum as string, normalized as string]
}

function normWeight({ graph, architecture }: BuildContext, weight: string | undefined): string {
  if (weight !== undefined) return graph.weight(weight)
  return graph.constant('ones', 'float32', [architecture.width], () => new Float32Array(architecture.width).fill(1))
}

function normAttributes(
  context: BuildContext,
  attributes: Record<string, number>,
): Record<string, number | { float: number }> {
  return { ...attributes, epsilon: { float: context.architecture.normEpsilon } }
}
