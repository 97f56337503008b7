import { createReadStream, createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createInflateRaw } from 'node:zlib'
import { badCheckpoint } from '../bad-checkpoint.ts'
import type { ByteSource } from '../bytes.ts'
import { fileSource } from './files.ts'

const END = 0x06054b50
const ENTRY = 0x02014b50
const LOCAL = 0x04034b50
const DIRECTORY_LIMIT = 2 ** 24
const STORED = 0
const DEFLATED = 8

interface Entry {
  readonly method: number
  readonly compressed: number
  readonly size: number
  readonly header: number
}

/**
 * Writes one file of a zip archive to `target`. Archives of more than 4 GiB are not read.
 * Throws `BAD_CHECKPOINT` when the archive is broken or has no such file.
 */
export async function extractFromZip(
  archive: string,
  path: string,
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  const source = await fileSource(archive)
  try {
    const entry = await findEntry(source, path)
    const local = viewOf(await source.read(entry.header, 30))
    if (local.getUint32(0, true) !== LOCAL) throw broken(source, path)
    const start = entry.header + 30 + local.getUint16(26, true) + local.getUint16(28, true)
    if (start + entry.compressed > source.byteLength) throw broken(source, path)
    const input = createReadStream(archive, { start, end: start + entry.compressed - 1 })
    const output = createWriteStream(target)
    const steps = entry.method === DEFLATED ? [input, createInflateRaw(), output] : [input, output]
    await pipeline(steps, signal ? { signal } : {})
    if ((await sizeOf(target)) !== entry.size) throw broken(source, path)
  } finally {
    await source.close()
  }
}

async function findEntry(source: ByteSource, path: string): Promise<Entry> {
  const tail = Math.min(source.byteLength, 65_557)
  const end = viewOf(await source.read(source.byteLength - tail, tail))
  let at = tail - 22
  while (at >= 0 && end.getUint32(at, true) !== END) at--
  if (at < 0) throw badCheckpoint(`${source.name} is not a zip archive.`)
  const [size, offset] = [end.getUint32(at + 12, true), end.getUint32(at + 16, true)]
  if (size > DIRECTORY_LIMIT || offset + size > source.byteLength) throw broken(source, path)
  const directory = await source.read(offset, size)
  const view = viewOf(directory)
  for (let entry = 0; entry + 46 <= size && view.getUint32(entry, true) === ENTRY; ) {
    const nameLength = view.getUint16(entry + 28, true)
    const name = new TextDecoder().decode(directory.subarray(entry + 46, entry + 46 + nameLength))
    const found: Entry = {
      method: view.getUint16(entry + 10, true),
      compressed: view.getUint32(entry + 20, true),
      size: view.getUint32(entry + 24, true),
      header: view.getUint32(entry + 42, true),
    }
    if (name === path && (found.method === STORED || found.method === DEFLATED) && found.size > 0) return found
    entry += 46 + nameLength + view.getUint16(entry + 30, true) + view.getUint16(entry + 32, true)
  }
  throw badCheckpoint(`${source.name} does not hold ${path}.`, { path })
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const broken = (source: ByteSource, path: string): Error =>
  badCheckpoint(`The archive ${source.name} is broken at ${path}.`, { path })

async function sizeOf(path: string): Promise<number> {
  const handle = await open(path)
  const { size } = await handle.stat()
  await handle.close()
  return size
}
