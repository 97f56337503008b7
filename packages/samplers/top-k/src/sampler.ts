/**
 * Top-k sampling: only the k most probable tokens stay possible. Tokens that tie with the k-th stay too, as in Hugging
 * Face transformers.
 */
import { badOption, checkInteger, type LogitsProcessor, type Manifest, maskBelow, SPEC_VERSION } from '@foretoken/core'
import { kthLargest } from './kth-largest.ts'

/** What top-k says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'processor',
  name: 'top-k',
  paper: {
    title: 'Hierarchical Neural Story Generation',
    authors: 'Fan, Lewis and Dauphin',
    year: 2018,
    url: 'https://arxiv.org/abs/1805.04833',
    section: 'section 5.4',
  },
  requires: [],
}

/**
 * Keeps the `k` largest logits and what ties with the last of them.
 * @param k At least 1; a `k` past the vocabulary keeps everything.
 * @throws BAD_OPTION
 */
export function topK(k: number): LogitsProcessor {
  if (k === undefined) throw badOption('topK', 'k', 'is missing', 'an integer of at least 1')
  checkInteger('topK', 'k', k, 1)
  let heap = new Float32Array(0)
  const processor: LogitsProcessor = {
    manifest,
    apply(logits) {
      if (k >= logits.length) return
      if (heap.length < k) heap = new Float32Array(k)
      maskBelow(logits, kthLargest(logits, k, heap))
    },
    advance() {},
    rollback() {},
    fork: () => processor,
  }
  return processor
}
