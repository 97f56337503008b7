import type { Architecture, RopeScaling } from './architecture.ts'
import type { BuildContext } from './context.ts'

/**
 * Rotary position embedding, halves split: (a, b) → (a cos − b sin, b cos + a sin) with angle position · frequency.
 * `x` is [rows, heads + kvHeads, headDim]; every head of a row turns by the row's position.
 */
export function rotate(context: BuildContext, x: string, kind: 'global' | 'sliding'): string {
  const { graph, architecture, options, step } = context
  const isLocal = kind === 'sliding' && architecture.rope.localTheta !== undefined
  const half = architecture.headDim / 2
  const table = (name: string, f: (angle: number) => number) =>
    graph.constant(`${name}${isLocal ? '_local' : ''}`, 'float32', [options.positions, half], () =>
      rotaryTable(rotaryFrequencies(architecture, isLocal), options.positions, f),
    )
  return graph.op('RotaryEmbedding', [x, step.rotaryPositions, table('cos', Math.cos), table('sin', Math.sin)])
}

/** Radians per position, [headDim / 2]. */
export function rotaryFrequencies(architecture: Architecture, isLocal: boolean): Float64Array {
  const { theta, localTheta, scaling } = architecture.rope
  const base = isLocal && localTheta !== undefined ? localTheta : theta
  const half = architecture.headDim / 2
  const frequencies = new Float64Array(half)
  for (let index = 0; index < half; index++) {
    const frequency = base ** (-index / half)
    frequencies[index] = scaling && !isLocal ? scaled(frequency, scaling) : frequency
  }
  return frequencies
}

function scaled(frequency: number, scaling: RopeScaling): number {
  if (scaling.kind === 'linear') return frequency / scaling.factor
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalContextLength } = scaling
  const turns = (originalContextLength * frequency) / (2 * Math.PI)
  const ramp = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)
  const kept = Math.min(1, Math.max(0, ramp))
  return kept * frequency + ((1 - kept) * frequency) / factor
}

function rotaryTable(frequencies: Float64Array, positions: number, f: (angle: number) => number): Float32Array {
  const table = new Float32Array(positions * frequencies.length)
  let slot = 0
  for (let position = 0; position < positions; position++) {
    for (const frequency of frequencies) table[slot++] = f(position * frequency)
  }
  return table
}
