import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { memorySource } from '../bytes.ts'
import { readGgufHeader } from '../gguf/header.ts'
import { readSafetensorsHeader } from '../safetensors/header.ts'
import { readRows } from '../stored-tensor.ts'

const fixture = async (name: string) =>
  memorySource(await readFile(new URL(`../../fixtures/${name}`, import.meta.url)), name)
const bits = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length)

it('dequantizes every storage type to the reference’s bits, whole and by rows', async () => {
  const [stored, golden] = [await fixture('types.gguf'), await fixture('types.safetensors')]
  const { tensors } = await readGgufHeader(stored)
  const expected = (await readSafetensorsHeader(golden)).tensors
  expect([...tensors.keys()].sort()).toEqual([...expected.keys()].sort())
  expect(tensors.size).toBe(11)
  for (const [name, tensor] of tensors) {
    const want = await readRows(golden, expected.get(name)!, 0, 3)
    const got = await readRows(stored, tensor, 0, 3)
    expect(bits(got), name).toEqual(bits(want))
    const row = await readRows(stored, tensor, 1, 2)
    expect(bits(row), name).toEqual(bits(want.slice(256, 512)))
  }
})

it('reads every kind of metadata value', async () => {
  const { metadata, version } = await readGgufHeader(await fixture('types.gguf'))
  expect(version).toBe(3)
  expect(metadata.get('test.large')).toBe(2n ** 63n + 1n)
  expect(metadata.get('test.negative')).toBe(-5)
  expect(metadata.get('test.double')).toBe(0.1)
  expect(metadata.get('test.flag')).toBe(true)
  expect(metadata.get('test.strings')).toEqual(['', 'zwölf', '🙂'])
  expect(metadata.get('test.integers')).toEqual(Int32Array.of(1, -2, 3))
  expect(metadata.get('test.floats')).toEqual(Float32Array.of(0.5, -0.25))
})
