import type { Capability } from '@foretoken/core'
import type { Architecture } from './architecture.ts'
import type { ResolvedOptions } from './graph-options.ts'

/** Metadata key of a graph's `GraphDescription`. */
export const DESCRIPTION_KEY = 'foretoken.graph'

export const GRAPH_VERSION = 3

/** What a backend must know of a graph, stored in it as JSON. */
export interface GraphDescription {
  readonly version: typeof GRAPH_VERSION
  readonly architecture: Architecture
  readonly supports: readonly Capability[]
  /** Positions the graph can serve. */
  readonly positions: number
  readonly layers: readonly number[]
  readonly hiddenStates: readonly number[]
  readonly input: 'tokens' | 'embeddings'
  readonly tree: boolean
  /** Whether any weights are int8. */
  readonly quantized: boolean
  /** Type of cached rows. */
  readonly cache: 'float32' | 'float16'
  /** Whether the graph writes the cache in place, where buffers on its device hold it. Default false. */
  readonly inPlace?: boolean
}

export function describeGraph(architecture: Architecture, options: ResolvedOptions): GraphDescription {
  return {
    version: GRAPH_VERSION,
    architecture,
    supports: supported(options),
    positions: options.positions,
    layers: options.layers,
    hiddenStates: options.hiddenStates,
    input: options.input,
    tree: options.isTree,
    quantized: Object.values(options.form.linear).some((form) => form.weights === 'int8'),
    cache: options.cache,
    ...(options.isInPlace && { inPlace: true }),
  }
}

function supported(options: ResolvedOptions): Capability[] {
  const supports: Capability[] = ['logits:all-positions', 'kv:rewind', 'kv:gather', 'kv:fork']
  if (options.isTree) supports.push('attention:tree-mask')
  if (options.input === 'embeddings') supports.push('input:embeddings')
  if (options.isSkippable) supports.push('layers:skip')
  if (options.hiddenStates.length > 0) supports.push('output:hidden-states')
  const isInteger = Object.values(options.form.linear).every((form) => form.weights === 'int8')
  if (options.isExact && isInteger) supports.push('rows:exact')
  return supports
}
