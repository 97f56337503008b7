import type { Architecture } from './architecture.ts'
import { buildGraph } from './build-graph.ts'
import type { GraphOptions } from './graph-options.ts'
import { byteLength, type WeightLocation, type WeightSpec, weightPlan } from './weights.ts'

/**
 * A graph of `architecture` with random weights inside it: for tests and timings that need no checkpoint. Logits spread widely
 * and attention is neither flat nor a point, so that errors show. The same seed gives the same bytes.
 */
export function syntheticGraph(architecture: Architecture, options: GraphOptions, seed = 1): Uint8Array {
  const random = uniform(seed)
  const limit = 2 ** ((options.grid?.valueBits ?? 11) - 3)
  const weights = new Map<string, WeightLocation>(
    weightPlan(architecture, options.form).map((spec) => [
      spec.name,
      { bytes: fill(spec, architecture, limit, random) },
    ]),
  )
  return buildGraph(architecture, options, weights)
}

/** Linear congruential numbers in [−1, 1). */
function uniform(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  }
}

function fill(spec: WeightSpec, architecture: Architecture, limit: number, random: () => number): Uint8Array {
  const bytes = new Uint8Array(byteLength(spec))
  const { name, dtype } = spec
  if (dtype === 'uint8') {
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor((random() + 1) * 128)
  } else if (dtype === 'int8') {
    const values = new Int8Array(bytes.buffer)
    for (let i = 0; i < values.length; i++) values[i] = Math.round(random() * 127)
  } else if (dtype === 'float16') {
    const bits = new Uint16Array(bytes.buffer)
    // Exponents of 1/2 to 1 and a random sign and fraction.
    for (let i = 0; i < bits.length; i++)
      bits[i] = (random() < 0 ? 0x8000 : 0) | 0x3800 | Math.floor((random() + 1) * 512)
  } else {
    const values = new Float32Array(bytes.buffer)
    for (let i = 0; i < values.length; i++) values[i] = floatEntry(name, i, architecture, limit, random)
  }
  return bytes
}

/** Scales keep variances near 1; v columns come out in units of the value grid and the output projection takes them back. */
function floatEntry(
  name: string,
  index: number,
  architecture: Architecture,
  limit: number,
  random: () => number,
): number {
  const { width, heads, kvHeads, headDim, feedForward } = architecture
  if (name.includes('norm')) return 1 + 0.1 * random()
  if (name === 'embedding') return random()
  const isScale = name.endsWith('.scale')
  const unit = isScale ? 1 / 73 : 1.73 * random()
  const inputs = name.includes('down') ? feedForward : name.includes('output') ? heads * headDim : width
  const columns = (heads + 2 * kvHeads) * headDim
  const isValue = name.includes('qkv') && index % columns >= (heads + kvHeads) * headDim
  if (name.endsWith('.bias')) return random() * (isValue ? limit / 4 : 0.2)
  const grid = isValue ? limit : name.includes('output') ? 1 / limit : 1
  return (unit * grid) / Math.sqrt(inputs)
}
