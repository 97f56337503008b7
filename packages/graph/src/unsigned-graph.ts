import { EXTERNAL_DATA, externalRange, type FileRange } from './external-data.ts'
import { ELEMENT_TYPES } from './onnx.ts'
import { bytes, type Field, integer, join, message } from './protobuf.ts'
import { type ReadField, readFields } from './protobuf-reader.ts'

export interface UnsignedGraph {
  readonly model: Uint8Array
  /** The int8 matrices in the weight file: each byte there must have its highest bit flipped. */
  readonly flipped: readonly FileRange[]
  /** Whether any tensor is read from the weight file. */
  readonly isExternal: boolean
}

/** ONNX numbers of the messages on the way to a tensor's bytes. */
const GRAPH = 7
const INITIALIZER = 5
const DATA_TYPE = 2
const RAW_DATA = 9

/**
 * The same graph with weights stored as uint8 around 128 instead of int8 around 0, read from the file `location`. On x86
 * without VNNI, ONNX Runtime multiplies unsigned by signed bytes in 16-bit pairs that saturate; unsigned by unsigned it
 * computes exactly. Where nothing saturates, signed weights are faster; the integers, and so all bits of the logits, are the same.
 */
export function unsignedGraph(model: Uint8Array, location: string): UnsignedGraph {
  const flipped: FileRange[] = []
  let isExternal = false
  const fields = rewrite(model, GRAPH, (graph) =>
    rewrite(graph, INITIALIZER, (tensor) => {
      const tensorFields = [...readFields(tensor)]
      const range = externalRange(tensorFields)
      isExternal ||= range !== undefined
      const isSigned = tensorFields.some(({ field, value }) => field === DATA_TYPE && value === ELEMENT_TYPES.int8)
      if (isSigned && range) flipped.push(range)
      return unsignedTensor(tensorFields, location, isSigned)
    }),
  )
  return { model: join(fields), flipped, isExternal }
}

/** Copies a message, replacing each `target` field by what `change` makes of its content. */
function rewrite(body: Uint8Array, target: number, change: (content: Uint8Array) => Field[]): Field[] {
  return [...readFields(body)].map(({ field, raw, content }) =>
    field === target ? message(field, change(content)) : raw,
  )
}

function unsignedTensor(fields: readonly ReadField[], location: string, isSigned: boolean): Field[] {
  return fields.map(({ field, raw, content }) => {
    if (field === DATA_TYPE && isSigned) return integer(field, ELEMENT_TYPES.uint8)
    if (field === RAW_DATA && isSigned)
      return bytes(
        field,
        content.map((byte) => byte ^ 128),
      )
    if (field === EXTERNAL_DATA && key(content) === 'location')
      return message(field, [bytes(1, 'location'), bytes(2, location)])
    return raw
  })
}

function key(entry: Uint8Array): string | undefined {
  const [name] = readFields(entry)
  return name && new TextDecoder().decode(name.content)
}
