import { layerType } from './architecture.ts'
import type { BuildContext } from './context.ts'
import { exactAttend } from './exact-attend.ts'
import { floatAttend } from './float-attend.ts'
import type { ResolvedOptions } from './graph-options.ts'
import { groupedAttend } from './grouped-attend.ts'
import { linear } from './linear.ts'
import { ELEMENT_TYPES } from './onnx.ts'
import { rotate } from './rotary.ts'
import { qkvWidth } from './weights.ts'

/**
 * Attention of the fed rows over the cached past and themselves. The past is a read-only input; the graph gives back the
 * keys and values of the fed rows only, and their owner decides which of them become past.
 */
export function attention(context: BuildContext, x: string, layer: number): string {
  const { architecture, graph, options } = context
  const { heads, kvHeads, headDim, width } = architecture
  const prefix = `layers.${layer}.`
  const kind = layerType(architecture, layer)
  const bias = architecture.qkvBias ? `${prefix}qkv.bias` : undefined
  const flat = linear(context, x, { kind: 'qkv', weight: `${prefix}qkv`, layer, width, ...(bias && { bias }) })
  const all = graph.op('Reshape', [flat, graph.integers(-1, qkvWidth(architecture) / headDim, headDim)])
  const [qk, v] = graph.ops('Split', [all, graph.integers(heads + kvHeads, kvHeads)], 2, { axis: 1 })
  const rotated = rotate(context, normalizeHeads(context, qk as string, prefix), kind)
  const [q, k] = graph.ops('Split', [rotated, graph.integers(heads, kvHeads)], 2, { axis: 1 })
  const output = { kind: 'output', weight: `${prefix}output`, layer, width: heads * headDim } as const
  if (options.isInPlace) {
    return linear(context, groupedAttend(context, q as string, k as string, v as string, layer), output)
  }
  const attend = options.isExact ? exactAttend : floatAttend
  const newKeys = asCached(context, k as string)
  const newValues = options.isExact
    ? asCached(context, toGrid(context, v as string), isExactInHalf(options))
    : asCached(context, v as string)
  context.newRows.push(newKeys, newValues)
  const attended = attend(context, {
    layer,
    queries: graph.op('Reshape', [q as string, graph.integers(-1, kvHeads, headDim)]),
    pastKeys: pastRows(context, `${layer}.key`, kind),
    pastValues: pastRows(context, `${layer}.value`, kind),
    newKeys,
    newValues,
  })
  const byRow = graph.op('Transpose', [attended.values], { perm: [1, 0, 2] })
  const rows = graph.op('Reshape', [byRow, graph.integers(-1, heads * headDim)])
  return linear(context, rows, { ...output, factor: attended.factor })
}

/** Cached rows as float32. */
function pastRows({ architecture, graph, options }: BuildContext, name: string, kind: 'global' | 'sliding'): string {
  const extent = kind === 'sliding' ? 'sliding_past' : 'past'
  const rows = graph.input(`past.${name}`, options.cache, [extent, architecture.kvHeads, architecture.headDim])
  return options.cache === 'float16' ? graph.op('Cast', [rows], { to: ELEMENT_TYPES.float32 }) : rows
}

/** Whether float16 holds every value of the grid: it has 11 bits of precision and a sign. */
function isExactInHalf({ isExact, grid }: ResolvedOptions): boolean {
  return isExact && grid.valueBits <= 12
}

/** `rows` as the cache will hold them, so that fed and cached rows are the same numbers. */
function asCached({ graph, options }: BuildContext, rows: string, isExactInHalf = false): string {
  if (options.cache === 'float32' || isExactInHalf) return rows
  return graph.op('Cast', [graph.op('Cast', [rows], { to: ELEMENT_TYPES.float16 })], { to: ELEMENT_TYPES.float32 })
}

function normalizeHeads(context: BuildContext, qk: string, prefix: string): string {
  const { architecture, graph } = context
  if (!architecture.qkNorm) return qk
  const { headDim, normEpsilon } = architecture
  const ones = graph.constant('head_ones', 'float32', [headDim], () => new Float32Array(headDim).fill(1))
  const attributes = { axis: -1, stash_type: 1, epsilon: { float: normEpsilon } }
  const normalized = graph.op('SimplifiedLayerNormalization', [qk, ones], attributes)
  return graph.op('Mul', [normalized, graph.weight(`${prefix}qk_norm`)])
}

function toGrid({ graph, options }: BuildContext, v: string): string {
  const limit = 2 ** (options.grid.valueBits - 1)
  return graph.op('Clip', [graph.op('Round', [v]), graph.scalar(-limit), graph.scalar(limit)])
}
