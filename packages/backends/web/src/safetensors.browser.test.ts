import { listModels, removeModel } from '@foretoken/checkpoint/web'
import { beforeEach, expect, it } from 'vitest'
import { loadModel } from './load-model.ts'

// Vite answers unknown addresses of a folder with its own page; the broken server without a break answers as a static host does.
const FOLDER = 'packages/checkpoint/fixtures/checkpoints/qwen3/'
const NAMES = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']
const folder = new URL(`/broken/whole/x/${FOLDER}`, location.href)
const gguf = new URL('../../../checkpoint/fixtures/checkpoints/qwen3.gguf', import.meta.url)
const tokens = Int32Array.of(1, 2, 3)

const dropped = (names = NAMES): Promise<File[]> =>
  Promise.all(names.map(async (name) => new File([await (await fetch(new URL(name, folder))).blob()], name)))

beforeEach(async () => {
  for (const { key } of await listModels()) await removeModel(key)
})

it('loads a folder as the hub has it, by address and dropped, with the logits of its GGUF form', async () => {
  await using byAddress = await loadModel(folder, { weights: 'float32' })
  await using byFile = await loadModel(new URL('model.safetensors', folder), { weights: 'float32' })
  await using asFiles = await loadModel(await dropped(), { weights: 'float32' })
  await using asGguf = await loadModel(gguf, { weights: 'float32' })
  const expected = (await asGguf.model.step({ tokens })).logits
  for (const { model, info, tokenizer } of [byAddress, byFile, asFiles]) {
    expect((await model.step({ tokens })).logits).toEqual(expected)
    expect(info.source.map(({ name }) => name)).toContain('model.safetensors')
    expect(tokenizer.decode(tokenizer.encode('hello'))).toBe('hello')
  }
  // The two addresses of one folder are one stored model.
  expect(await listModels()).toHaveLength(3)
})

it('finds a repository of the hub by its name', async () => {
  const hubUrl = new URL('/broken/hub/x', location.href).href
  await using loaded = await loadModel('hub:tiny/qwen3@main', { hubUrl })
  expect(loaded.info.id).toBe('tiny-qwen3')
  await using file = await loadModel('hub:tiny/llama/llama.gguf', { hubUrl })
  expect(file.info.id).toBe('llama')
  await expect(loadModel('hub:tiny/nowhere', { hubUrl })).rejects.toMatchObject({ code: 'BAD_CHECKPOINT' })
  await expect(loadModel('hub:tiny/llama/no.gguf', { hubUrl })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

it.each([
  ['weights without their configuration', ['model.safetensors'], {}, 'BAD_CHECKPOINT', 'config.json'],
  ['a folder without a tokenizer', ['config.json', 'model.safetensors'], {}, 'BAD_CHECKPOINT', 'tokenizer.json'],
  ['other weights than expected', NAMES, { sha256: '0'.repeat(64) }, 'BAD_CHECKSUM', 'model.safetensors'],
  ['a checksum of what is not there', NAMES, { sha256: { 'a.safetensors': '0' } }, 'NOT_FOUND', 'a.safetensors'],
  ['no file at all', [], {}, 'BAD_OPTION', 'No file'],
] as const)('refuses %s and leaves nothing behind', async (_, names, options, code, what) => {
  await expect(loadModel(await dropped([...names]), options)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(what),
  })
  expect(await listModels()).toEqual([])
})
