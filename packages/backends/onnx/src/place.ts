import type { Model } from '@foretoken/core'

/** Where a model's forward passes run. */
export interface Place {
  /** Execution provider that comes first: `cpu`, `wasm`, `webgpu`, `cuda`. What it cannot compute, the processor does. */
  readonly provider: string
  /** Threads of one pass on the processor. */
  readonly threads: number
  /** `worker`: a thread of the model's own, so that others go on meanwhile; `caller`: the one that calls `step`. */
  readonly thread: 'caller' | 'worker'
}

/** A model that says where it runs. */
export interface PlacedModel extends Model {
  readonly where: Place
  fork(): PlacedModel
  /** Takes logits that nobody reads any more, for the next ones. Only of models that write them to given memory. */
  reuse?(logits: ArrayBuffer): void
}

/** Whether sums keep their order there whatever the number of rows: `rows:exact` holds nowhere else. */
export function keepsOrder({ provider }: Place): boolean {
  return provider === 'cpu' || provider === 'wasm'
}

/** In words: `webgpu, in a worker`. */
export function placeText({ provider, threads, thread }: Place): string {
  const count = `, ${threads} thread${threads === 1 ? '' : 's'}`
  return `${provider}${keepsOrder({ provider, threads, thread }) ? count : ''}${thread === 'worker' ? ', in a worker' : ''}`
}
