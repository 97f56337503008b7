import { type ReadField, readFields } from './protobuf-reader.ts'

/** Bytes of an external weight file. */
export interface FileRange {
  readonly offset: number
  readonly byteLength: number
}

/** ONNX's number of a tensor's entries that say where its bytes are. */
export const EXTERNAL_DATA = 13

const text = new TextDecoder()

/** Where in the weight file a tensor's bytes are, if they are there. */
export function externalRange(tensor: readonly ReadField[]): FileRange | undefined {
  const entries = tensor.filter(({ field }) => field === EXTERNAL_DATA)
  if (entries.length === 0) return undefined
  const of = new Map(
    entries.map(({ content }) => [...readFields(content)].map((part) => text.decode(part.content)) as [string, string]),
  )
  return { offset: Number(of.get('offset')), byteLength: Number(of.get('length')) }
}
