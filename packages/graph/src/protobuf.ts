/**
 * Just enough of the protocol-buffer wire format to write ONNX.
 * https://protobuf.dev/programming-guides/encoding/
 */

/** One encoded field. */
export type Field = Uint8Array

const text = new TextEncoder()

/** An integer field; negative values take the ten-byte two's complement form. */
export function integer(field: number, value: number | bigint): Field {
  return Uint8Array.from([...varint(field << 3), ...varint(value)])
}

/** A 32-bit float field. */
export function float(field: number, value: number): Field {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setFloat32(0, value, true)
  return join([Uint8Array.from(varint((field << 3) | 5)), bytes])
}

/** A length-delimited field: string, bytes or an embedded message. */
export function bytes(field: number, value: Uint8Array | string): Field {
  const content = typeof value === 'string' ? text.encode(value) : value
  return join([Uint8Array.from([...varint((field << 3) | 2), ...varint(content.length)]), content])
}

/** Integers in the packed form. */
export function packedIntegers(field: number, values: readonly number[]): Field {
  return bytes(field, Uint8Array.from(values.flatMap(varint)))
}

/** An embedded message of `fields`. */
export function message(field: number, fields: readonly Field[]): Field {
  return bytes(field, join(fields))
}

/** Concatenates fields into a message body. */
export function join(fields: readonly Field[]): Uint8Array {
  const out = new Uint8Array(fields.reduce((sum, field) => sum + field.length, 0))
  let offset = 0
  for (const field of fields) {
    out.set(field, offset)
    offset += field.length
  }
  return out
}

function varint(value: number | bigint): number[] {
  const out: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  out.push(Number(rest))
  return out
}
