import { badCheckpoint } from '../bad-checkpoint.ts'
import type { ByteSource } from '../bytes.ts'
import { BFLOAT16, FLOAT16, FLOAT32, type StorageType } from '../quantization/types.ts'
import type { StoredTensor } from '../stored-tensor.ts'

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, unknown>>
  readonly tensors: ReadonlyMap<string, StoredTensor>
}

/** The reference implementation's own limit. */
const HEADER_LIMIT = 100_000_000
const TENSOR_LIMIT = 65_536
const RANK_LIMIT = 8

const unread = (name: string, bytes: number): StorageType => ({ name, elements: 1, bytes })
const TYPES: ReadonlyMap<unknown, StorageType> = new Map([
  ['F32', FLOAT32],
  ['F16', FLOAT16],
  ['BF16', BFLOAT16],
  ['F64', unread('F64', 8)],
  ['I64', unread('I64', 8)],
  ['U64', unread('U64', 8)],
  ['I32', unread('I32', 4)],
  ['U32', unread('U32', 4)],
  ['I16', unread('I16', 2)],
  ['U16', unread('U16', 2)],
  ['I8', unread('I8', 1)],
  ['U8', unread('U8', 1)],
  ['BOOL', unread('BOOL', 1)],
  ['F8_E4M3', unread('F8_E4M3', 1)],
  ['F8_E5M2', unread('F8_E5M2', 1)],
])

/**
 * Reads and checks a safetensors header: tensors of known types whose bytes fill the file without gap or overlap.
 * Format: github.com/huggingface/safetensors, "Format".
 */
export async function readSafetensorsHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const name = source.name
  if (source.byteLength < 8) throw badCheckpoint(`${name} holds ${source.byteLength} bytes: no safetensors header.`)
  const prefix = await source.read(0, 8)
  const size = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true)
  if (size < 2n || size > BigInt(Math.min(HEADER_LIMIT, source.byteLength - 8))) {
    throw badCheckpoint(`${name} promises a header of ${size} bytes; the file holds ${source.byteLength - 8} more.`)
  }
  const length = Number(size)
  const header = parseObject(new TextDecoder().decode(await source.read(8, length)), `The header of ${name}`)
  const { __metadata__: metadata, ...entries } = header
  const names = Object.keys(entries)
  if (names.length > TENSOR_LIMIT) throw badCheckpoint(`${name} promises ${names.length} tensors.`)
  const tensors = names.map((key) => tensorOf(key, entries[key], 8 + length))
  refuseGaps(tensors, 8 + length, source)
  return { metadata: isObject(metadata) ? metadata : {}, tensors: new Map(tensors.map((t) => [t.name, t])) }
}

function tensorOf(name: string, entry: unknown, start: number): StoredTensor {
  if (!isObject(entry)) throw badCheckpoint(`The entry of tensor "${name}" is not an object.`, { name })
  const type = TYPES.get(entry.dtype)
  if (!type) throw badCheckpoint(`Tensor "${name}" has the unknown type ${JSON.stringify(entry.dtype)}.`, { name })
  const shape = wholeNumbers(entry.shape, RANK_LIMIT)
  const offsets = wholeNumbers(entry.data_offsets, 2)
  if (!shape || offsets?.length !== 2) {
    throw badCheckpoint(`Tensor "${name}" lacks a sound shape or data_offsets.`, { name })
  }
  const [begin, end] = offsets as [number, number]
  const byteLength = shape.reduce((product, axis) => product * axis, type.bytes)
  if (!Number.isSafeInteger(byteLength) || end - begin !== byteLength) {
    throw badCheckpoint(
      `Tensor "${name}" of shape [${shape}] in ${type.name} does not fill bytes ${begin} to ${end}.`,
      {
        name,
      },
    )
  }
  return { name, shape, type, offset: start + begin, byteLength }
}

function refuseGaps(tensors: readonly StoredTensor[], start: number, source: ByteSource): void {
  let at = start
  for (const tensor of [...tensors].sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength)) {
    if (tensor.offset !== at) {
      throw badCheckpoint(`Tensor "${tensor.name}" begins at byte ${tensor.offset}; the one before ends at ${at}.`)
    }
    at += tensor.byteLength
  }
  if (at !== source.byteLength) {
    throw badCheckpoint(`The tensors of ${source.name} end at byte ${at}, the file at byte ${source.byteLength}.`)
  }
}

/** Parses a JSON object; anything else throws `BAD_CHECKPOINT`. */
export function parseObject(text: string, what: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (isObject(value)) return value
  throw badCheckpoint(`${what} is not a JSON object.`)
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function wholeNumbers(value: unknown, most: number): number[] | undefined {
  const sound = Array.isArray(value) && value.length <= most && value.every((n) => Number.isSafeInteger(n) && n >= 0)
  return sound ? (value as number[]) : undefined
}
