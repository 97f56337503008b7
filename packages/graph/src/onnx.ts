import { bytes, type Field, float, integer, join, message, packedIntegers } from './protobuf.ts'
import type { WeightLocation } from './weights.ts'

/** The ONNX messages that a graph needs. Field numbers are those of onnx.proto3. */

export const ELEMENT_TYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 } as const

export type ElementType = keyof typeof ELEMENT_TYPES

/** Integers are written as INT, other numbers must be given as `{ float }`. */
export type Attribute = number | readonly number[] | string | { readonly float: number } | Subgraph

/** A branch of an `If`. It sees every value made before it outside; its own are seen through its outputs only. */
export interface Subgraph {
  readonly nodes: readonly NodeSpec[]
  readonly outputs: readonly ValueSpec[]
}

export interface NodeSpec {
  readonly operator: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

export interface InitializerSpec {
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly location: WeightLocation
}

export interface ValueSpec {
  readonly name: string
  readonly type: ElementType
  /** Numbers are fixed extents, strings are symbols. */
  readonly shape: readonly (number | string)[]
}

export interface GraphSpec {
  readonly name: string
  readonly nodes: readonly NodeSpec[]
  readonly initializers: readonly InitializerSpec[]
  readonly inputs: readonly ValueSpec[]
  readonly outputs: readonly ValueSpec[]
  readonly metadata: Readonly<Record<string, string>>
}

const IR_VERSION = 10
const OPSETS = [
  ['', 21],
  ['com.microsoft', 1],
] as const

/** ONNX bytes of a graph. */
export function encodeModel(graph: GraphSpec): Uint8Array {
  return join([
    integer(1, IR_VERSION),
    bytes(2, 'foretoken'),
    message(7, [
      ...graph.nodes.map((node, index) => message(1, nodeFields(node, index))),
      bytes(2, graph.name),
      ...graph.initializers.map((initializer) => message(5, tensorFields(initializer))),
      ...graph.inputs.map((value) => message(11, valueFields(value))),
      ...graph.outputs.map((value) => message(12, valueFields(value))),
    ]),
    ...OPSETS.map(([domain, version]) => message(8, [bytes(1, domain), integer(2, version)])),
    ...Object.entries(graph.metadata).map(([key, value]) => entry(14, key, value)),
  ])
}

function nodeFields(node: NodeSpec, index: number): Field[] {
  return [
    ...node.inputs.map((name) => bytes(1, name)),
    ...node.outputs.map((name) => bytes(2, name)),
    bytes(3, `${node.operator}_${index}`),
    bytes(4, node.operator),
    ...Object.entries(node.attributes).map(([name, value]) => message(5, attributeFields(name, value))),
    bytes(7, node.domain),
  ]
}

function attributeFields(name: string, value: Attribute): Field[] {
  if (typeof value === 'number') return [bytes(1, name), integer(3, value), integer(20, 2)]
  if (typeof value === 'string') return [bytes(1, name), bytes(4, value), integer(20, 3)]
  if ('nodes' in value) return [bytes(1, name), message(6, subgraphFields(name, value)), integer(20, 5)]
  if ('float' in value) return [bytes(1, name), float(2, value.float), integer(20, 1)]
  return [bytes(1, name), ...value.map((item) => integer(8, item)), integer(20, 7)]
}

function subgraphFields(name: string, { nodes, outputs }: Subgraph): Field[] {
  return [
    ...nodes.map((node, index) => message(1, nodeFields(node, index))),
    bytes(2, name),
    ...outputs.map((value) => message(12, valueFields(value))),
  ]
}

function tensorFields({ name, type, shape, location }: InitializerSpec): Field[] {
  const fields = [packedIntegers(1, shape), integer(2, ELEMENT_TYPES[type]), bytes(8, name)]
  if ('bytes' in location) return [...fields, bytes(9, location.bytes)]
  return [
    ...fields,
    entry(13, 'location', location.file),
    entry(13, 'offset', String(location.offset)),
    entry(13, 'length', String(location.byteLength)),
    integer(14, 1),
  ]
}

function valueFields({ name, type, shape }: ValueSpec): Field[] {
  const dimensions = shape.map((extent) =>
    message(1, [typeof extent === 'number' ? integer(1, extent) : bytes(2, extent)]),
  )
  return [bytes(1, name), message(2, [message(1, [integer(1, ELEMENT_TYPES[type]), message(2, dimensions)])])]
}

function entry(field: number, key: string, value: string): Field {
  return message(field, [bytes(1, key), bytes(2, value)])
}
