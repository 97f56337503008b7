import { badCheckpoint } from '../bad-checkpoint.ts'
import { type Cursor, checkCount, readSize, readString, readUint32, take } from './cursor.ts'

/** One metadata value. Arrays of numbers are typed arrays where one fits. */
export type GgufValue = number | bigint | boolean | string | GgufArray

export type GgufArray =
  | readonly string[]
  | readonly boolean[]
  | readonly GgufArray[]
  | readonly bigint[]
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array

/** Longest string value (chat templates are the longest seen). */
const STRING_LIMIT = 2 ** 24
/** Most elements of one array (vocabularies and merges are the longest seen: about half a million). */
const ARRAY_LIMIT = 2 ** 22
const DEPTH_LIMIT = 3

const STRING = 8
const ARRAY = 9
/** Bytes of a scalar of each type number; strings and arrays: their smallest possible size. */
const SIZES: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8]

/** Reads a value of the type that stands before it. */
export function readValue(cursor: Cursor, key: string): GgufValue {
  return readTyped(cursor, readType(cursor, key), key, 0)
}

function readType(cursor: Cursor, key: string): number {
  const type = readUint32(cursor)
  if (type < SIZES.length) return type
  throw badCheckpoint(`The value of "${key}" has type ${type}; types 0 to ${SIZES.length - 1} exist.`, { key, type })
}

function readTyped(cursor: Cursor, type: number, key: string, depth: number): GgufValue {
  if (type === STRING) return readString(cursor, `"${key}"`, STRING_LIMIT)
  if (type === ARRAY) return readArray(cursor, key, depth)
  return readScalar(cursor.view, take(cursor, SIZES[type] as number), type)
}

function readScalar(view: DataView, at: number, type: number): number | bigint | boolean {
  switch (type) {
    case 0:
      return view.getUint8(at)
    case 1:
      return view.getInt8(at)
    case 2:
      return view.getUint16(at, true)
    case 3:
      return view.getInt16(at, true)
    case 4:
      return view.getUint32(at, true)
    case 5:
      return view.getInt32(at, true)
    case 6:
      return view.getFloat32(at, true)
    case 7:
      return view.getUint8(at) !== 0
    case 10:
      return narrow(view.getBigUint64(at, true))
    case 11:
      return narrow(view.getBigInt64(at, true))
    default:
      return view.getFloat64(at, true)
  }
}

function narrow(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function readArray(cursor: Cursor, key: string, depth: number): GgufArray {
  if (depth === DEPTH_LIMIT) throw badCheckpoint(`"${key}" nests arrays deeper than ${DEPTH_LIMIT}.`, { key })
  const type = readType(cursor, key)
  const count = readSize(cursor, `length of "${key}"`)
  checkCount(cursor, count, SIZES[type] as number, ARRAY_LIMIT, `elements of "${key}"`)
  if (type === STRING || type === ARRAY) {
    const values: GgufValue[] = []
    for (let i = 0; i < count; i++) values.push(readTyped(cursor, type, key, depth + 1))
    return values as readonly string[] | readonly GgufArray[]
  }
  const start = take(cursor, count * (SIZES[type] as number))
  return type === 7 ? readFlags(cursor, start, count) : readNumbers(cursor, start, count, type)
}

function readFlags(cursor: Cursor, start: number, count: number): readonly boolean[] {
  return Array.from(cursor.bytes.subarray(start, start + count), (byte) => byte !== 0)
}

function readNumbers(cursor: Cursor, start: number, count: number, type: number): GgufArray {
  const size = SIZES[type] as number
  if (type === 10 || type === 11) {
    const values: bigint[] = []
    for (let i = 0; i < count; i++) values.push(BigInt(readScalar(cursor.view, start + 8 * i, type) as number | bigint))
    return values
  }
  const from = cursor.bytes.byteOffset + start
  const copy = cursor.bytes.buffer.slice(from, from + count * size) as ArrayBuffer
  return new (ARRAYS[type] as ArrayMaker)(copy)
}

type ArrayMaker = new (
  buffer: ArrayBuffer,
) => Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array

const ARRAYS: readonly (ArrayMaker | undefined)[] = [
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  undefined,
  undefined,
  undefined,
  undefined,
  undefined,
  Float64Array,
]
