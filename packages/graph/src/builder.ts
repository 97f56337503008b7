import { ForetokenError } from '@foretoken/core'
import type { Attribute, ElementType, InitializerSpec, NodeSpec, Subgraph, ValueSpec } from './onnx.ts'
import { encodeModel } from './onnx.ts'
import type { WeightSpec, WeightTable } from './weights.ts'

type Attributes = Readonly<Record<string, Attribute>>

/** Type and shape of a branch's output. */
export type ValueType = Omit<ValueSpec, 'name'>

/** Where new nodes go: the graph or a branch. Values are named by their scope and node, so that no name hides another. */
interface Scope {
  readonly prefix: string
  readonly nodes: NodeSpec[]
}

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
  /**
   * Two branches, of which `condition`, one bool, chooses at run time; each makes one value for each of `outputs`. Inside a branch
   * the builder's methods make nodes of that branch; inputs and constants belong to the whole graph.
   */
  choose(
    condition: string,
    outputs: readonly ValueType[],
    then: () => readonly string[],
    otherwise: () => readonly string[],
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
  'GroupQueryAttention',
  'MatMulIntegerToFloat',
  'MatMulNBits',
  'QuickGelu',
  'RotaryEmbedding',
  'SkipSimplifiedLayerNormalization',
])

export function graphBuilder(plan: readonly WeightSpec[], weights: WeightTable): GraphBuilder {
  const root: Scope = { prefix: '', nodes: [] }
  let scope = root
  const inputs: ValueSpec[] = []
  const outputs: ValueSpec[] = []
  const initializers = new Map<string, InitializerSpec>()
  const specs = new Map(plan.map((spec) => [spec.name, spec]))

  const ops: GraphBuilder['ops'] = (operator, ins, count, attributes = {}, names = []) => {
    const { prefix, nodes } = scope
    const name = `${prefix}v${nodes.length}`
    const outs = Array.from({ length: count }, (_, index) => names[index] ?? `${name}${'abcdef'[index]}`)
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
  const branch = (name: string, outputs: readonly ValueType[], make: () => readonly string[]): Subgraph => {
    const outer = scope
    scope = { prefix: `${outer.prefix}v${outer.nodes.length}${name}.`, nodes: [] }
    const { nodes } = scope
    const made = make()
    scope = outer
    return { nodes, outputs: outputs.map((type, index) => ({ ...type, name: made[index] as string })) }
  }
  return {
    op,
    ops,
    choose(condition, outputs, then, otherwise) {
      const then_branch = branch('then', outputs, then)
      return ops('If', [condition], outputs.length, { then_branch, else_branch: branch('else', outputs, otherwise) })
    },
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
      encodeModel({ name, nodes: root.nodes, initializers: [...initializers.values()], inputs, outputs, metadata }),
  }
}

function missing(name: string): ForetokenError {
  return new ForetokenError('BAD_CHECKPOINT', `The prepared weights lack the tensor ${name}, which the graph reads.`, {
    fix: 'Convert the checkpoint again.',
    details: { tensor: name },
  })
}
