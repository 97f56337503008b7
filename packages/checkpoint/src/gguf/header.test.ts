import { readFile } from 'node:fs/promises'
import { ForetokenError } from '@foretoken/core'
import { expect, it } from 'vitest'
import { memorySource } from '../bytes.ts'
import { readGgufHeader } from './header.ts'

const sound = await readFile(new URL('../../fixtures/checkpoints/llama.gguf', import.meta.url))

async function refusal(change: (bytes: Uint8Array, view: DataView) => Uint8Array | undefined): Promise<string> {
  const bytes = Uint8Array.from(sound)
  const changed = change(bytes, new DataView(bytes.buffer)) ?? bytes
  const error = await readGgufHeader(memorySource(changed, 'x.gguf')).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return ForetokenError.is(error) ? `${error.code}: ${error.message}` : String(error)
}

/** Where the entry of a tensor goes on after its name. */
function entryOf(bytes: Uint8Array, name: string): number {
  const at = new TextDecoder('latin1').decode(bytes).indexOf(name)
  return at + name.length
}

it.each<[string, (bytes: Uint8Array, view: DataView) => Uint8Array | undefined, RegExp]>([
  ['another format', (bytes) => bytes.fill(0, 0, 4), /BAD_CHECKPOINT.*not a GGUF file/],
  ['another version', (_, view) => void view.setUint32(4, 9, true), /UNSUPPORTED.*version 9/],
  ['the other byte order', (_, view) => void view.setUint32(4, 3), /UNSUPPORTED.*big-endian/],
  ['too many tensors', (_, view) => void view.setUint32(8, 60_000, true), /BAD_CHECKPOINT.*60000 tensors/],
  ['a count beyond any file', (_, view) => void view.setUint32(12, 2 ** 31, true), /BAD_CHECKPOINT.*larger than any/],
  ['too many values', (_, view) => void view.setUint32(16, 50_000, true), /BAD_CHECKPOINT.*metadata values/],
  ['a key without end', (_, view) => void view.setUint32(24, 65_000, true), /BAD_CHECKPOINT.*(needs|type)/],
  ['its end cut off', (bytes) => bytes.subarray(0, bytes.length - 64), /BAD_CHECKPOINT.*ends at byte/],
  ['its header cut off', (bytes) => bytes.subarray(0, 3000), /BAD_CHECKPOINT/],
  ['a tensor of no axes', (bytes, view) => set(view, entryOf(bytes, 'output.weight'), 0), /BAD_CHECKPOINT.*0 axes/],
  ['an empty tensor', (bytes, view) => set(view, entryOf(bytes, 'output.weight') + 4, 0), /impossible shape/],
  [
    'a huge tensor',
    (bytes, view) => set(view, entryOf(bytes, 'output.weight') + 8, 9),
    /impossible shape|ends at byte/,
  ],
  ['an unknown type', (bytes, view) => set(view, entryOf(bytes, 'output.weight') + 20, 99), /UNSUPPORTED.*type 99/],
  ['rows of half blocks', (bytes, view) => set(view, entryOf(bytes, 'output.weight') + 20, 12), /whole Q4_K blocks/],
  ['a crooked tensor', (bytes, view) => set(view, entryOf(bytes, 'output.weight') + 24, 7), /multiple of 32/],
  ['tensors that overlap', overlap, /BAD_CHECKPOINT.*share bytes/],
  ['a tensor twice', twice, /BAD_CHECKPOINT.*twice/],
])('refuses a file with %s', async (_, change, message) => {
  expect(await refusal(change)).toMatch(message)
})

it('reads a header that is longer than its first read', async () => {
  const source = memorySource(sound)
  const reads: number[] = []
  const slow = {
    ...source,
    // A file system that gives little at a time is asked again.
    read: (offset: number, length: number) => {
      reads.push(length)
      return source.read(offset, Math.min(length, 1000 * 4 ** (reads.length - 1)))
    },
  }
  const { tensors } = await readGgufHeader({ ...slow, byteLength: 2 ** 27 })
  expect(tensors.size).toBe(13)
  expect(reads.length).toBeGreaterThan(1)
})

const set = (view: DataView, at: number, value: number): undefined => void view.setUint32(at, value, true)

function overlap(bytes: Uint8Array, view: DataView): undefined {
  const [a, b] = ['token_embd.weight', 'output.weight'].map((name) => entryOf(bytes, name) + 24) as [number, number]
  view.setUint32(a, view.getUint32(b, true), true)
}

function twice(bytes: Uint8Array): undefined {
  const at = entryOf(bytes, 'blk.0.attn_k.weight') - 'k.weight'.length
  bytes[at] = 'q'.charCodeAt(0)
}
