import { EXTERNAL_DATA, externalRange, type FileRange } from './external-data.ts'
import { ELEMENT_TYPES } from './onnx.ts'
import { bytes, type Field, integer, join, message, packedIntegers } from './protobuf.ts'
import { type ReadField, readFields, unreadable } from './protobuf-reader.ts'

/** Bytes of a weight file and where they go in its padded form: `rows` runs, each a `stride` after the last. */
export interface PaddedPart {
  readonly from: FileRange
  readonly to: number
  readonly rows: number
  readonly stride: number
}

export interface PaddedGraph {
  readonly model: Uint8Array
  /** Every tensor of the weight file, in the order in which the padded file has them; what they leave free is zero. */
  readonly parts: readonly PaddedPart[]
  /** Of the padded weight file. */
  readonly byteLength: number
}

/** Columns added to a matrix: a cache line of int8. */
const PADDING = 64
/** Rows of so many bytes, or multiples, fall on few sets of a processor's cache. */
const ALIASED = 512
const ALIGNMENT = 64

/** ONNX numbers of the messages on the way to nodes and tensors. */
const GRAPH = 7
const NODE = 1
const INITIALIZER = 5
const TENSOR = { dims: 1, name: 8 }
const OPERATION = { input: 1, output: 2, type: 4 }

/**
 * The same graph with free columns beside its int8 matrices where a row's length makes rows evict each other from the cache, for
 * kernels that read matrices anew in each step, as those of WASM do; null where no matrix is of that kind. The products
 * of the free columns are cut off, so all bits of the logits stay.
 *
 * @param location Name of the padded weight file, which is put together from `parts`.
 */
export function paddedGraph(model: Uint8Array, location: string): PaddedGraph | null {
  const content = [...readFields(model)].find(({ field }) => field === GRAPH)?.content
  if (!content) throw unreadable('it has no graph')
  const fields = [...readFields(content)]
  const files = new Map<string, FileRange>()
  for (const { field, content } of fields) {
    const tensor = field === INITIALIZER ? [...readFields(content)] : []
    const range = externalRange(tensor)
    if (range) files.set(nameOf(tensor), range)
  }
  const layout = layoutOf(fields, files)
  if (layout.matrices.size === 0) return null
  const graph = fields.flatMap(({ field, raw, content }) => {
    if (field === NODE) return cutNode(content, layout.matrices) ?? [raw]
    if (field === INITIALIZER) return [message(field, moved([...readFields(content)], location, layout))]
    return [raw]
  })
  const constants = [...new Set(layout.matrices.values())].flatMap((columns) => [
    constant(`columns_${columns}`, columns),
  ])
  const whole = [...graph, constant('columns_from', 0), constant('columns_axis', 1), ...constants]
  return {
    model: join([...readFields(model)].map(({ field, raw }) => (field === GRAPH ? message(GRAPH, whole) : raw))),
    parts: [...layout.parts.values()],
    byteLength: layout.byteLength,
  }
}

/** The padded weight file, read tensor by tensor, so that it is in memory once. `read` gives bytes of the plain one. */
export async function readPadded(
  { parts, byteLength }: PaddedGraph,
  read: (offset: number, length: number) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const weights = new Uint8Array(byteLength)
  for (const { from, to, rows, stride } of parts) {
    const tensor = await read(from.offset, from.byteLength)
    const length = from.byteLength / rows
    for (let row = 0; row < rows; row++) {
      weights.set(tensor.subarray(row * length, (row + 1) * length), to + row * stride)
    }
  }
  return weights
}

interface Layout {
  /** Columns that a padded matrix had. */
  readonly matrices: ReadonlyMap<string, number>
  /** Columns that a vector beside such a matrix had. */
  readonly vectors: ReadonlyMap<string, number>
  readonly parts: ReadonlyMap<string, PaddedPart>
  readonly byteLength: number
}

/** Chooses the matrices to pad, with their scales and biases, and gives every tensor its new place. */
function layoutOf(fields: readonly ReadField[], files: ReadonlyMap<string, FileRange>): Layout {
  const matrices = new Map<string, number>()
  const vectors = new Map<string, number>()
  for (const { field, content } of fields) {
    const node = field === NODE ? operationOf(content) : undefined
    if (node?.type !== 'MatMulIntegerToFloat') continue
    const [, matrix = '', , scale = '', , , bias] = node.inputs
    const beside = bias === undefined ? [scale] : [scale, bias]
    const columns = (files.get(scale)?.byteLength ?? 0) / Float32Array.BYTES_PER_ELEMENT
    if (columns === 0 || columns % ALIASED > 0 || !files.has(matrix) || !beside.every((name) => files.has(name)))
      continue
    matrices.set(matrix, columns)
    for (const name of beside) vectors.set(name, columns)
  }
  let end = 0
  const parts = new Map<string, PaddedPart>()
  for (const [name, from] of files) {
    const columns = matrices.get(name)
    const rows = columns === undefined ? 1 : from.byteLength / columns
    const free = vectors.has(name) ? PADDING * Float32Array.BYTES_PER_ELEMENT : 0
    const stride = columns === undefined ? from.byteLength + free : columns + PADDING
    parts.set(name, { from, to: end, rows, stride })
    end = Math.ceil((end + rows * stride) / ALIGNMENT) * ALIGNMENT
  }
  return { matrices, vectors, parts, byteLength: end }
}

/** A product with a padded matrix and the cut that follows it, or nothing where the node is another. */
function cutNode(content: Uint8Array, matrices: Layout['matrices']): Field[] | undefined {
  const { type, inputs, output } = operationOf(content)
  const columns = type === 'MatMulIntegerToFloat' ? matrices.get(inputs[1] ?? '') : undefined
  if (columns === undefined) return undefined
  const whole = `${output}.padded`
  const product = [...readFields(content)].map(({ field, raw }) =>
    field === OPERATION.output ? bytes(field, whole) : raw,
  )
  const names = [whole, 'columns_from', `columns_${columns}`, 'columns_axis']
  const cut = [...names.map((name) => bytes(OPERATION.input, name)), bytes(OPERATION.output, output)]
  return [message(NODE, product), message(NODE, [...cut, bytes(OPERATION.type, 'Slice')])]
}

/** A tensor of the weight file at its new place; others as they are. */
function moved(fields: readonly ReadField[], location: string, { matrices, vectors, parts }: Layout): Field[] {
  const name = nameOf(fields)
  const part = parts.get(name)
  if (!part) return fields.map(({ raw }) => raw)
  const [matrix, vector] = [matrices.get(name), vectors.get(name)]
  const shape = matrix === undefined ? vector && [vector + PADDING] : [part.rows, matrix + PADDING]
  const kept = fields.filter(({ field }) => field !== EXTERNAL_DATA && (field !== TENSOR.dims || !shape))
  return [
    ...(shape ? [packedIntegers(TENSOR.dims, shape)] : []),
    ...kept.map(({ raw }) => raw),
    entry('location', location),
    entry('offset', String(part.to)),
    entry('length', String(part.rows * part.stride)),
  ]
}

const text = new TextDecoder()

function operationOf(content: Uint8Array): { type: string; inputs: string[]; output: string } {
  const fields = [...readFields(content)]
  const named = (wanted: number) =>
    fields.filter(({ field }) => field === wanted).map((each) => text.decode(each.content))
  return {
    type: named(OPERATION.type)[0] ?? '',
    inputs: named(OPERATION.input),
    output: named(OPERATION.output)[0] ?? '',
  }
}

function nameOf(tensor: readonly ReadField[]): string {
  return text.decode(tensor.find(({ field }) => field === TENSOR.name)?.content)
}

function constant(name: string, value: number): Field {
  const raw = new Uint8Array(BigInt64Array.of(BigInt(value)).buffer)
  return message(INITIALIZER, [
    packedIntegers(TENSOR.dims, [1]),
    integer(2, ELEMENT_TYPES.int64),
    bytes(TENSOR.name, name),
    bytes(9, raw),
  ])
}

function entry(key: string, value: string): Field {
  return message(EXTERNAL_DATA, [bytes(1, key), bytes(2, value)])
}
