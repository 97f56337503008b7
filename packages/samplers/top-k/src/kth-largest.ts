/**
 * The `k`-th largest value.
 * @param heap Scratch, at least [k].
 * @returns −Infinity when there are no more than `k` values.
 */
export function kthLargest(values: Float32Array, k: number, heap: Float32Array): number {
  if (k >= values.length) return -Infinity
  for (let i = 0; i < k; i++) heap[i] = values[i]!
  for (let i = (k >> 1) - 1; i >= 0; i--) siftDown(heap, i, k)
  for (let i = k; i < values.length; i++) {
    if (values[i]! > heap[0]!) {
      heap[0] = values[i]!
      siftDown(heap, 0, k)
    }
  }
  return heap[0]!
}

/** Restores the minimum heap of `size` below entry `at`. */
function siftDown(heap: Float32Array, at: number, size: number): void {
  const value = heap[at]!
  for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
    if (child + 1 < size && heap[child + 1]! < heap[child]!) child++
    if (heap[child]! >= value) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = value
}
