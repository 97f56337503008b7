import { layerType } from './architecture.ts'
import type { BuildContext, InPlaceValues } from './context.ts'
import { ELEMENT_TYPES } from './onnx.ts'

/**
 * Attention in one node of the runtime over a cache that it writes in place: the fed rows' keys and values go to the slots behind
 * the past, whose buffers are inputs and, the same ones, outputs. For devices where that node is a kernel of its own.
 * Query heads must stand kv-major here: those that share a kv head beside each other.
 * `q` is [rows, heads, headDim], `k` and `v` are [rows, kvHeads, headDim]; returns [rows, heads * headDim].
 */
export function groupedAttend(context: BuildContext, q: string, k: string, v: string, layer: number): string {
  const { architecture, graph, options } = context
  const { heads, kvHeads, headDim, attentionScale = headDim ** -0.5 } = architecture
  const { masks, lastSlot, slots } = context.step.inPlace as InPlaceValues
  const mask = masks[layerType(architecture, layer)]
  const shape = [1, kvHeads, 'capacity', headDim]
  const [past, present] = ['past', 'present'].map((when) => ['key', 'value'].map((what) => `${when}.${layer}.${what}`))
  for (const name of past as string[]) graph.input(name, options.cache, shape)
  for (const name of present as string[]) graph.output(name, options.cache, shape)
  const isHalf = options.cache === 'float16'
  const cast = (x: string, to: 'float16' | 'float32') => (isHalf ? graph.op('Cast', [x], { to: ELEMENT_TYPES[to] }) : x)
  const flat = (x: string, count: number) =>
    cast(graph.op('Reshape', [x, graph.integers(1, -1, count * headDim)]), 'float16')
  const inputs = [flat(q, heads), flat(k, kvHeads), flat(v, kvHeads), ...(past as string[]), lastSlot, slots]
  const [attended] = graph.ops(
    'GroupQueryAttention',
    [...inputs, '', '', '', ...(mask === undefined ? [] : [mask])],
    3,
    { num_heads: heads, kv_num_heads: kvHeads, scale: { float: attentionScale } },
    [undefined, ...(present as string[])],
  )
  return graph.op('Reshape', [cast(attended as string, 'float32'), graph.integers(-1, heads * headDim)])
}
