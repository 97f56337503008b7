import type { GraphBuilder } from './builder.ts'
import type { BuildContext } from './context.ts'
import { blockSize, type LinearForm, type LinearName, linearSizes } from './weights.ts'

/**
 * A linear layer, x·W (+ b). In int8, activations are unsigned with zero point 128 and weights are signed. Integer products sum
 * exactly, whatever the order, except on processors whose 16-bit pairs saturate: those take `unsignedGraph`.
 */
export interface LinearSpec {
  readonly kind: LinearName
  /** Name of the prepared matrix. */
  readonly weight: string
  /** Its layer; 0 for the head. */
  readonly layer: number
  /** Width of the input. */
  readonly width: number
  /** Prepared bias, if any. */
  readonly bias?: string
  /** A constant factor on the result. Default 1. */
  readonly factor?: number
  /** Indices of the rows of `x` to compute; possibly none. Default: all. */
  readonly rows?: string
  /** Name of the result when it is a graph output. */
  readonly name?: string
}

/** `x` is [rows, width]; returns [rows, out]. */
export function linear(context: BuildContext, x: string, spec: LinearSpec): string {
  const form = context.options.form.linear[spec.kind]
  if (form.weights === 'int8') return quantizedLinear(context, x, spec, form)
  return form.weights === 'blocks' ? blockLinear(context, x, spec, form) : floatLinear(context, x, spec)
}

function blockLinear({ architecture, graph }: BuildContext, x: string, spec: LinearSpec, form: BlockForm): string {
  const [, outputs] = linearSizes(architecture)[spec.kind]
  const attributes = { K: spec.width, N: outputs, bits: form.bits, block_size: blockSize(spec.width) }
  const operands = [select(graph, x, spec.rows), graph.weight(spec.weight), graph.weight(`${spec.weight}.scale`)]
  const isPlain = spec.bias === undefined && spec.factor === undefined
  const product = graph.op('MatMulNBits', operands, attributes, isPlain ? spec.name : undefined)
  const scaled = spec.factor === undefined ? product : graph.op('Mul', [product, graph.scalar(spec.factor)])
  return spec.bias === undefined ? scaled : graph.op('Add', [scaled, graph.weight(spec.bias)], {}, spec.name)
}

type BlockForm = Extract<LinearForm, { weights: 'blocks' }>

function floatLinear({ graph }: BuildContext, x: string, spec: LinearSpec): string {
  const operands = [select(graph, x, spec.rows), graph.weight(spec.weight)]
  const name = spec.bias === undefined ? spec.name : undefined
  const attributes = { alpha: { float: spec.factor ?? 1 } }
  const product =
    spec.factor === undefined
      ? graph.op('MatMul', operands, {}, name)
      : graph.op('FusedMatMul', operands, attributes, name)
  return spec.bias === undefined ? product : graph.op('Add', [product, graph.weight(spec.bias)], {}, spec.name)
}

type QuantizedForm = Extract<LinearForm, { weights: 'int8' }>

function quantizedLinear(context: BuildContext, x: string, spec: LinearSpec, form: QuantizedForm): string {
  const { graph } = context
  const input = form.hadamard > 0 ? blockHadamard(graph, x, form.hadamard, spec.width) : x
  if (form.activation === 'row') return rowQuantized(context, input, spec)
  const scale = typeof form.activation === 'number' ? form.activation : (form.activation[spec.layer] as number)
  const quantized = graph.op('QuantizeLinear', [input, graph.scalar(scale), zeroPoint(graph)])
  return integerProduct(
    graph,
    select(graph, quantized, spec.rows),
    spec,
    scale * (spec.factor ?? 1),
    spec.bias,
    spec.name,
  )
}

/**
 * The step of each row is its largest magnitude / 127. An all-zero row stays zero: whatever 0 / 0 quantizes to is multiplied by 0.
 * Dividing first and quantizing with one constant is quicker than a scale per row in QuantizeLinear.
 */
function rowQuantized({ graph }: BuildContext, x: string, spec: LinearSpec): string {
  const largest = graph.op('ReduceMax', [graph.op('Abs', [x]), graph.integers(-1)], { keepdims: 1 })
  const unit = graph.scalar(1 / 127)
  const quantized = graph.op('QuantizeLinear', [graph.op('Div', [x, largest]), unit, zeroPoint(graph)])
  const product = integerProduct(graph, select(graph, quantized, spec.rows), spec, (spec.factor ?? 1) / 127)
  const name = spec.bias === undefined ? spec.name : undefined
  const result = graph.op('Mul', [product, select(graph, largest, spec.rows)], {}, name)
  return spec.bias === undefined ? result : graph.op('Add', [result, graph.weight(spec.bias)], {}, spec.name)
}

function integerProduct(
  graph: GraphBuilder,
  x: string,
  spec: LinearSpec,
  factor: number,
  bias?: string,
  name?: string,
): string {
  const operands = [
    x,
    graph.weight(spec.weight),
    graph.scalar(factor),
    graph.weight(`${spec.weight}.scale`),
    zeroPoint(graph),
    graph.constant('weight_zero_point', 'int8', [], () => Int8Array.of(0)),
  ]
  return graph.op('MatMulIntegerToFloat', bias === undefined ? operands : [...operands, graph.weight(bias)], {}, name)
}

/** The rows that a layer computes. Rows are taken after quantization: ONNX Runtime cannot reduce over an empty set of them. */
function select(graph: GraphBuilder, x: string, rows: string | undefined): string {
  return rows === undefined ? x : graph.op('Gather', [x, rows], { axis: 0 })
}

/** uint8 128: where activations have their zero. */
export function zeroPoint(graph: GraphBuilder): string {
  return graph.constant('zero_point', 'uint8', [], () => Uint8Array.of(128))
}

/** Multiplies each block of `size` entries of each row by the orthonormal Hadamard matrix. */
function blockHadamard(graph: GraphBuilder, x: string, size: number, width: number): string {
  const matrix = graph.constant(`hadamard_${size}`, 'float32', [size, size], () => hadamard(size))
  const blocks = graph.op('Reshape', [x, graph.integers(-1, size)])
  return graph.op('Reshape', [graph.op('MatMul', [blocks, matrix]), graph.integers(-1, width)])
}

/** Sylvester's Hadamard matrix over √size, [size, size]; `size` is a power of two. */
export function hadamard(size: number): Float32Array {
  const out = new Float32Array(size * size)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      let common = row & column
      let sign = 1
      for (; common > 0; common &= common - 1) sign = -sign
      out[row * size + column] = sign * size ** -0.5
    }
  }
  return out
}
