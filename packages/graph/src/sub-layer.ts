import { attention } from './attention.ts'
import type { ValueType } from './builder.ts'
import type { BuildContext } from './context.ts'
import { feedForward } from './feed-forward.ts'
import { norm } from './norm.ts'

/**
 * What attention adds to the residual stream, [rows, width], from the normalized stream `x`. In a skippable graph sub-layer
 * `2 * index` is chosen at run time: skipped, it adds zero, and the new cache rows are zero.
 */
export function attentionBranch(context: BuildContext, x: string, layer: number, index: number): string {
  const { architecture, graph, options } = context
  const { kvHeads, headDim } = architecture
  const compute = (): string[] => {
    const newRows: string[] = []
    const out = normalized(context, attention({ ...context, newRows }, x, layer), layer, 'post_attention_norm')
    return [out, ...newRows]
  }
  const zero = (): string[] => {
    const rows = graph.op('Shape', [x], { start: 0, end: 1 })
    const shape = graph.op('Concat', [rows, graph.integers(kvHeads, headDim)], { axis: 0 })
    const zeros = graph.op('Expand', [graph.scalar(0), shape])
    return [zerosLike(context, x), zeros, graph.op('Identity', [zeros])]
  }
  const rowType: ValueType = { type: 'float32', shape: ['rows', kvHeads, headDim] }
  const made = options.isSkippable ? choose(context, 2 * index, [rowType, rowType], zero, compute) : compute()
  context.newRows.push(...made.slice(1))
  return made[0] as string
}

/** As `attentionBranch`, for the feed-forward block: sub-layer `2 * index + 1`. */
export function feedForwardBranch(context: BuildContext, x: string, layer: number, index: number): string {
  const compute = () => [normalized(context, feedForward(context, x, layer), layer, 'post_feed_forward_norm')]
  const zero = () => [zerosLike(context, x)]
  const made = context.options.isSkippable ? choose(context, 2 * index + 1, [], zero, compute) : compute()
  return made[0] as string
}

/** `skipped` where the sub-layer is skipped, else `computed`: the branch, then the values of `others`. */
function choose(
  { architecture, graph, step }: BuildContext,
  subLayer: number,
  others: readonly ValueType[],
  skipped: () => string[],
  computed: () => string[],
): string[] {
  const branch: ValueType = { type: 'float32', shape: ['rows', architecture.width] }
  return graph.choose(step.skip[subLayer] as string, [branch, ...others], skipped, computed)
}

function normalized(context: BuildContext, branch: string, layer: number, name: string): string {
  return context.architecture.norms === 'sandwich' ? norm(context, branch, `layers.${layer}.${name}`) : branch
}

function zerosLike({ graph }: BuildContext, x: string): string {
  return graph.op('Expand', [graph.scalar(0), graph.op('Shape', [x])])
}
