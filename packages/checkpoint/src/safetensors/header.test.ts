import { ForetokenError } from '@foretoken/core'
import { expect, it } from 'vitest'
import { memorySource } from '../bytes.ts'
import { readSafetensorsHeader } from './header.ts'

function file(header: unknown, body: number, length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + body)
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}

const tensor = (dtype: unknown, shape: unknown, begin: unknown, end: unknown) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
})

async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await readSafetensorsHeader(memorySource(bytes, 'x.safetensors')).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return ForetokenError.is(error) ? `${error.code}: ${error.message}` : String(error)
}

it('reads what is sound', async () => {
  const header = { __metadata__: { format: 'pt' }, a: tensor('F32', [2, 3], 0, 24), b: tensor('I64', [], 24, 32) }
  const { tensors, metadata } = await readSafetensorsHeader(memorySource(file(header, 32)))
  expect(metadata).toEqual({ format: 'pt' })
  expect(tensors.get('a')).toMatchObject({ shape: [2, 3], byteLength: 24 })
})

it.each<[string, Uint8Array, RegExp]>([
  ['nothing in it', new Uint8Array(4), /no safetensors header/],
  ['a header beyond its end', file({}, 0, 100n), /promises a header/],
  ['a header beyond any file', file({}, 0, 2n ** 63n), /promises a header/],
  ['a header that is no JSON', file('{"a":', 0), /not a JSON object/],
  ['a header that is a list', file('[]', 0), /not a JSON object/],
  ['a tensor that is a number', file({ a: 5 }, 0), /not an object/],
  ['an unknown type', file({ a: tensor('F13', [1], 0, 4) }, 4), /unknown type/],
  ['a negative axis', file({ a: tensor('F32', [-1], 0, 4) }, 4), /sound shape/],
  ['half an axis', file({ a: tensor('F32', [0.5], 0, 2) }, 2), /sound shape/],
  ['too many bytes', file({ a: tensor('F32', [1], 0, 8) }, 8), /does not fill/],
  ['offsets backwards', file({ a: tensor('F32', [1], 4, 0) }, 4), /does not fill/],
  ['a tensor beyond its end', file({ a: tensor('F32', [2], 0, 8) }, 4), /end at byte/],
  ['bytes of no tensor', file({ a: tensor('F32', [1], 0, 4) }, 8), /end at byte/],
  ['a gap', file({ a: tensor('F32', [1], 0, 4), b: tensor('F32', [1], 8, 12) }, 12), /begins at byte/],
  ['tensors that overlap', file({ a: tensor('F32', [2], 0, 8), b: tensor('F32', [2], 4, 12) }, 12), /begins at byte/],
  ['an impossible shape', file({ a: tensor('F32', [2 ** 40, 2 ** 40], 0, 4) }, 4), /does not fill/],
])('refuses a file with %s', async (_, bytes, message) => {
  expect(await refusal(bytes)).toMatch(/^BAD_CHECKPOINT/)
  expect(await refusal(bytes)).toMatch(message)
})
