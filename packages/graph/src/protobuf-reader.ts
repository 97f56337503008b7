import { ForetokenError } from '@foretoken/core'

/** A field as it stands in a message. */
export interface ReadField {
  readonly field: number
  /** Tag and content, to be copied as they are. */
  readonly raw: Uint8Array
  /** Bytes of a length-delimited field; empty for others. */
  readonly content: Uint8Array
  /** Value of a varint field; 0 for others. */
  readonly value: number
}

const NOTHING = new Uint8Array(0)

/** Fields of a message in order. Throws `BAD_CHECKPOINT` when the bytes are cut short or no protocol buffer. */
export function* readFields(body: Uint8Array): Generator<ReadField> {
  let offset = 0
  while (offset < body.length) {
    const start = offset
    const tag = varint(body, offset)
    offset = tag.end
    const wire = tag.value & 7
    let content: Uint8Array = NOTHING
    let value = 0
    if (wire === 0) {
      const read = varint(body, offset)
      value = read.value
      offset = read.end
    } else if (wire === 2) {
      const size = varint(body, offset)
      offset = size.end + size.value
      content = body.subarray(size.end, offset)
    } else if (wire === 5) {
      offset += 4
    } else {
      throw unreadable('it holds a field that no ONNX model has')
    }
    if (offset > body.length) throw unreadable('it is cut short')
    yield { field: Math.floor(tag.value / 8), raw: body.subarray(start, offset), content, value }
  }
}

/** Reads up to 2^53; the higher bits of longer numbers are lost, which no field of interest has. */
function varint(body: Uint8Array, start: number): { value: number; end: number } {
  let value = 0
  let factor = 1
  for (let offset = start; offset < start + 10; offset++) {
    const byte = body[offset]
    if (byte === undefined) throw unreadable('it is cut short')
    value += (byte & 127) * factor
    factor *= 128
    if (byte < 128) return { value, end: offset + 1 }
  }
  throw unreadable('it is no protocol buffer')
}

export function unreadable(why: string): ForetokenError {
  return new ForetokenError('BAD_CHECKPOINT', `The ONNX file is no Foretoken graph: ${why}.`, {
    fix: 'Build it with buildGraph, or convert the checkpoint again.',
  })
}
