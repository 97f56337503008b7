import { ForetokenError } from '@foretoken/core'
import type { Attribute, ElementType, InitializerSpec, NodeSpec, ValueSpec } from './onnx.ts'
import { encodeModel } from './onnx.ts'
import type { WeightSpec, WeightTable } from './weights.ts'

type Attributes = Readonly<Record<string, Attribute>>

/** Collects the nodes of a graph. Values are known by name; each method returns the names of what it made. */
export interface GraphBuilder {
  /** A graph input. */
  input(name: string, type: ElementType, shape: readonly (number | string)[]): string
  /** Declares an existing value to be a graph output under its own name. */
  output(name: string, type: ElementType, shape: readonly (number | string)[]): void
  /** A node with one output. `name` is for graph outputs only. */
  op(operator: string, inputs: readonly string[], attributes?: Attributes, name?: string): string
  /** A node with `count` outputs; an entry of `names` names that output, an empty one omits it. */
  ops(
    operator: string,
    inputs: readonly string[],
    count: number,
    attributes?: Attributes,
    names?: readonly (string | undefined)[],
  ): string[]
  /** A float32 constant; equal scalars are shared. */
  scalar(value: number): string
  /** A one-dimensional int64 constant; equal ones are shared. */
  integers(...values: number[]): string
  /** A constant made by `make` once per name. */
  constant(name: string, type: ElementType, shape: readonly number[], make: () => ArrayBufferView): string
  /** A prepared tensor. Throws `BAD_CHECKPOINT` when the table or plan lacks it. */
  weight(name: string): string
  encode(name: string, metadata: Readonly<Record<string, string>>): Uint8Array
}

/** Operators of ONNX Runtime's own domain. */
const CONTRIBUTED: ReadonlySet<string> = new Set([
  'FastGelu',
  'FusedMatMul',
  'MatMulIntegerToFloat',
  'QuickGelu',
  'RotaryEmbedding',
  'SkipSimplifiedLayerNormalization',
])

export function graphBuilder(plan: readonly WeightSpec[], weights: WeightTable): GraphBuilder {
  const nodes: NodeSpec[] = []
  const inputs: ValueSpec[] = []
  const outputs: ValueSpec[] = []
  const initializers = new Map<string, InitializerSpec>()
  const specs = new Map(plan.map((spec) => [spec.name, spec]))

  const ops: GraphBuilder['ops'] = (operator, ins, count, attributes = {}, names = []) => {
    const outs = Array.from({ length: count }, (_, index) => names[index] ?? `v${nodes.length}${'abcdef'[index]}`)
    const domain = CONTRIBUTED.has(operator) ? 'com.microsoft' : ''
    nodes.push({ operator, domain, inputs: ins, outputs: outs, attributes })
    return outs
  }
  const op: GraphBuilder['op'] = (operator, ins, attributes = {}, name) =>
    ops(operator, ins, 1, attributes, name === undefined ? [] : [name])[0] as string
  const constant: GraphBuilder['constant'] = (name, type, shape, make) => {
    if (!initializers.has(name)) {
      const { buffer, byteOffset, byteLength } = make()
      initializers.set(name, { name, type, shape, location: { bytes: new Uint8Array(buffer, byteOffset, byteLength) } })
    }
    return name
  }
  return {
    op,
    ops,
    constant,
    input(name, type, shape) {
      inputs.push({ name, type, shape })
      return name
    },
    output(name, type, shape) {
      outputs.push({ name, type, shape })
    },
    scalar: (value) => constant(`f${value}`, 'float32', [], () => Float32Array.of(value)),
    integers: (...values) =>
      constant(`i${values.join('_')}`, 'int64', [values.length], () => BigInt64Array.from(values, BigInt)),
    weight(name) {
      const spec = specs.get(name)
      const location = weights.get(name)
      if (!spec || !location) throw missing(name)
      initializers.set(name, { name, type: spec.dtype, shape: spec.shape, location })
      return name
    },
    encode: (name, metadata) =>
      encodeModel({ name, nodes, initializers: [...initializers.values()], inputs, outputs, metadata }),
  }
}

function missing(name: string): ForetokenError {
  return new ForetokenError('BAD_CHECKPOINT', `The prepared weights lack the tensor ${name}, which the graph reads.`, {
    fix: 'Convert the checkpoint again.',
    details: { tensor: name },
  })
}
