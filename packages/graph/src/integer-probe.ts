import { graphBuilder } from './builder.ts'

const WIDTH = 64
const OUTPUTS = 16
const LARGEST = 127

/** A graph that shows whether sums of unsigned times signed bytes are exact on this machine. */
export interface IntegerProbe {
  readonly model: Uint8Array
  /** The one input, `x` [2, 64]. */
  readonly x: Float32Array
  readonly dims: readonly [number, number]
  /** Every entry of the output `y` [2, 16] where they are. */
  readonly expected: number
}

/** The largest activations times the largest weights: pairs of products pass 2^15 at once. */
export function integerProbe(): IntegerProbe {
  const graph = graphBuilder([], new Map())
  const x = graph.input('x', 'float32', [2, WIDTH])
  const zero = graph.constant('zero_point', 'uint8', [], () => Uint8Array.of(128))
  const weights = graph.constant('w', 'int8', [WIDTH, OUTPUTS], () => new Int8Array(WIDTH * OUTPUTS).fill(LARGEST))
  const scale = graph.constant('scale', 'float32', [OUTPUTS], () => new Float32Array(OUTPUTS).fill(1))
  const quantized = graph.op('QuantizeLinear', [x, graph.scalar(1), zero])
  const none = graph.constant('weight_zero_point', 'int8', [], () => Int8Array.of(0))
  graph.op('MatMulIntegerToFloat', [quantized, weights, graph.scalar(1), scale, zero, none], {}, 'y')
  graph.output('y', 'float32', [2, OUTPUTS])
  return {
    model: graph.encode('integer-probe', {}),
    x: new Float32Array(2 * WIDTH).fill(LARGEST),
    dims: [2, WIDTH],
    expected: LARGEST * LARGEST * WIDTH,
  }
}
