import type { Architecture, ExactGrid } from '@foretoken/graph'

/**
 * Reach of the value grid in units of a value's expected magnitude. A normalized input has root mean square 1, so a value
 * has about the norm of its weights; what lies beyond the reach is clipped.
 */
const REACH = 6

/**
 * Grid step of each kv head, [kvHeads], from the weights alone.
 * @param rows Value projection that meets a normalized input, [kvHeads * headDim, width].
 * @param bias [kvHeads * headDim]
 */
export function valueSteps(
  architecture: Architecture,
  grid: ExactGrid,
  rows: Float32Array,
  bias: Float32Array | undefined,
): Float32Array {
  const { width, headDim, kvHeads } = architecture
  const steps = new Float32Array(kvHeads)
  for (let output = 0; output < kvHeads * headDim; output++) {
    const row = rows.subarray(output * width, (output + 1) * width)
    const reach = REACH * norm(row) + Math.abs(bias?.[output] ?? 0)
    const head = Math.floor(output / headDim)
    steps[head] = Math.max(steps[head]!, reach / 2 ** (grid.valueBits - 1))
  }
  // A head whose values are all zero: any step will do.
  return steps.map((step) => step || 1)
}

function norm(values: Float32Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!
  return Math.sqrt(sum)
}
