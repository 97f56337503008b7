import { badCheckpoint, unsupported } from '../bad-checkpoint.ts'
import type { ByteSource } from '../bytes.ts'
import { GGUF_TYPES, type StorageType } from '../quantization/types.ts'
import { refuseOverlaps, type StoredTensor } from '../stored-tensor.ts'
import { type Cursor, checkCount, cursorOver, MORE, readSize, readString, readUint32 } from './cursor.ts'
import { type GgufValue, readValue } from './values.ts'

export interface GgufHeader {
  readonly version: number
  readonly metadata: ReadonlyMap<string, GgufValue>
  readonly tensors: ReadonlyMap<string, StoredTensor>
}

const MAGIC = 0x46554747 // "GGUF"
const HEADER_LIMIT = 2 ** 28
const FIRST_READ = 2 ** 20
const KEY_LIMIT = 65_535
const TENSOR_LIMIT = 65_536
const TENSOR_NAME_LIMIT = 256

/**
 * Reads and checks a GGUF header (versions 2 and 3): every count and length against the file's size, every tensor for
 * a known type, a whole number of blocks, alignment, bounds and overlaps. Format: ggml/docs/gguf.md.
 */
export async function readGgufHeader(source: ByteSource): Promise<GgufHeader> {
  for (let length = Math.min(FIRST_READ, source.byteLength); ; length = Math.min(4 * length, source.byteLength)) {
    const bytes = await source.read(0, length)
    try {
      return parseHeader(cursorOver(bytes, source.byteLength), source.name)
    } catch (error) {
      if (error !== MORE) throw error
    }
    if (length >= HEADER_LIMIT)
      throw badCheckpoint(`The header of ${source.name} is longer than ${HEADER_LIMIT} bytes.`)
  }
}

function parseHeader(cursor: Cursor, name: string): GgufHeader {
  const version = readVersion(cursor, name)
  const tensorCount = readSize(cursor, 'number of tensors')
  const valueCount = readSize(cursor, 'number of metadata values')
  checkCount(cursor, tensorCount, 32, TENSOR_LIMIT, 'tensors')
  checkCount(cursor, valueCount, 13, TENSOR_LIMIT, 'metadata values')
  const metadata = new Map<string, GgufValue>()
  for (let i = 0; i < valueCount; i++) {
    const key = readString(cursor, 'a metadata key', KEY_LIMIT)
    if (metadata.has(key)) throw badCheckpoint(`${name} holds the metadata key "${key}" twice.`, { key })
    metadata.set(key, readValue(cursor, key))
  }
  const tensors: StoredTensor[] = []
  for (let i = 0; i < tensorCount; i++) tensors.push(readTensor(cursor))
  const alignment = alignmentOf(metadata)
  const start = Math.ceil(cursor.position / alignment) * alignment
  return { version, metadata, tensors: place(tensors, start, alignment, cursor.fileLength) }
}

function readVersion(cursor: Cursor, name: string): number {
  if (cursor.fileLength < 24 || readUint32(cursor) !== MAGIC) {
    throw badCheckpoint(`${name} is not a GGUF file: it does not begin with "GGUF".`, {}, 'Give a .gguf file.')
  }
  const version = readUint32(cursor)
  if (version === 2 || version === 3) return version
  throw unsupported(
    `${name} has GGUF version ${version === 0x0300_0000 ? '3, big-endian' : version}; versions 2 and 3, little-endian, are read.`,
    'Convert the checkpoint again with a current llama.cpp.',
    { version },
  )
}

function readTensor(cursor: Cursor): StoredTensor {
  const name = readString(cursor, 'a tensor name', TENSOR_NAME_LIMIT)
  const rank = readUint32(cursor)
  if (rank < 1 || rank > 4) throw badCheckpoint(`Tensor "${name}" has ${rank} axes; 1 to 4 were expected.`, { name })
  const shape: number[] = []
  for (let axis = 0; axis < rank; axis++) shape.unshift(readSize(cursor, `length of an axis of "${name}"`))
  const number = readUint32(cursor)
  const type = GGUF_TYPES.get(number)
  if (!type) {
    throw unsupported(
      `Tensor "${name}" has the unknown storage type ${number}.`,
      'Use a checkpoint in F16, BF16, Q8_0, Q6_K, Q5_K, Q4_K, Q5_0, Q5_1, Q4_0 or Q4_1.',
      { name, type: number },
    )
  }
  const offset = readSize(cursor, `offset of "${name}"`)
  return { name, shape, type, offset, byteLength: byteLengthOf(name, shape, type) }
}

function byteLengthOf(name: string, shape: readonly number[], type: StorageType): number {
  const elements = shape.reduce((product, length) => product * length, 1)
  const columns = shape.at(-1) as number
  if (elements < 1 || !Number.isSafeInteger(elements * type.bytes)) {
    throw badCheckpoint(`Tensor "${name}" has the impossible shape [${shape}].`, { name, shape })
  }
  if (columns % type.elements !== 0) {
    throw badCheckpoint(
      `Rows of "${name}" hold ${columns} weights, not whole ${type.name} blocks of ${type.elements}.`,
      {
        name,
        shape,
      },
    )
  }
  return (elements / type.elements) * type.bytes
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>): number {
  const alignment = metadata.get('general.alignment') ?? 32
  const sound = typeof alignment === 'number' && Number.isInteger(alignment) && alignment >= 1 && alignment <= 2 ** 20
  if (sound && (alignment & (alignment - 1)) === 0) return alignment
  throw badCheckpoint(`general.alignment is ${String(alignment)}; a power of two up to 2^20 was expected.`)
}

/** Turns offsets into absolute ones and refuses tensors that leave the file, lie crooked or overlap. */
function place(
  tensors: readonly StoredTensor[],
  start: number,
  alignment: number,
  fileLength: number,
): ReadonlyMap<string, StoredTensor> {
  const placed = new Map<string, StoredTensor>()
  for (const tensor of tensors) {
    const offset = start + tensor.offset
    if (tensor.offset % alignment !== 0) {
      throw badCheckpoint(`Tensor "${tensor.name}" lies at ${tensor.offset}, not at a multiple of ${alignment}.`)
    }
    if (offset + tensor.byteLength > fileLength) {
      throw badCheckpoint(
        `Tensor "${tensor.name}" ends at byte ${offset + tensor.byteLength}, but the file ends at byte ${fileLength}.`,
        { tensor: tensor.name, byteLength: fileLength },
      )
    }
    if (placed.has(tensor.name)) throw badCheckpoint(`The file holds the tensor "${tensor.name}" twice.`)
    placed.set(tensor.name, { ...tensor, offset })
  }
  refuseOverlaps([...placed.values()])
  return placed
}
