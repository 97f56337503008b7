import { execFile } from 'node:child_process'
import { appendFile, cp, mkdtemp, readdir, readFile, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ForetokenError } from '@foretoken/core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { folderStore } from './folder-store.ts'
import { inspect } from './inspect.ts'
import { listModels, removeModel } from './models.ts'
import { openModel } from './open-model.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/checkpoints', import.meta.url))
let folder: string
let cacheFolder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foretoken-'))
  cacheFolder = join(folder, 'cache')
  file = join(folder, 'my model.gguf')
  await cp(join(fixtures, 'qwen3.gguf'), file)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const partial = (): Promise<string[]> => readdir(join(cacheFolder, 'partial')).catch(() => [])
const folders = (): Promise<string[]> => readdir(join(cacheFolder, 'prepared')).catch(() => [])

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return ForetokenError.is(error) ? `${error.code}: ${error.message}` : String(error)
}

it('converts a file once and opens it from the cache after', async () => {
  const phases: string[] = []
  const first = await openModel(file, { cacheFolder, onProgress: ({ phase }) => phases.push(phase) })
  expect(phases).toContain('convert')
  expect(first.info).toMatchObject({ id: 'my-model', tokens: { stopTokens: [0, 2] } })
  expect((await readdir(first.folder)).sort()).toEqual(['graph.onnx', 'model.json', 'tokenizer.json', 'weights.bin'])
  expect(first.tokenizer.decode(first.tokenizer.encode('the fox'))).toBe('the fox')
  phases.length = 0
  const again = await openModel(file, { cacheFolder, offline: true, onProgress: ({ phase }) => phases.push(phase) })
  expect(again.folder).toBe(first.folder)
  expect(phases).toEqual([])
  expect((await openModel(first.folder, { cacheFolder })).info).toEqual(first.info)
  expect(await partial()).toEqual([])
})

it('converts again what has changed: the file, the options, a damaged cache', async () => {
  const first = await openModel(file, { cacheFolder })
  const float32 = await openModel(file, { cacheFolder, weights: 'float32' })
  expect(float32.folder).not.toBe(first.folder)
  await truncate(join(first.folder, 'weights.bin'), 100)
  expect((await openModel(file, { cacheFolder })).folder).toBe(first.folder)
  expect((await readFile(join(first.folder, 'weights.bin'))).length).toBeGreaterThan(100)
  await appendFile(file, new Uint8Array(8))
  expect((await openModel(file, { cacheFolder })).folder).not.toBe(first.folder)
})

it('opens a folder with safetensors', async () => {
  const { info } = await openModel(join(fixtures, 'qwen3'), { cacheFolder })
  expect(info.architecture.family).toBe('qwen3')
  expect(info.source.map(({ name }) => name)).toContain('model.safetensors')
})

it('opens a model by name, from its package', async () => {
  const { info } = await openModel('stories', { cacheFolder, offline: true })
  expect(info).toMatchObject({ id: 'stories', licence: 'Apache-2.0' })
})

it('converts once for two processes that start at once', async () => {
  const code = `import(${JSON.stringify(new URL('index.ts', import.meta.url).href)}).then(async ({ openModel }) => {
    let converted = false
    const onProgress = ({ phase }) => { converted ||= phase === 'convert' }
    const { folder } = await openModel(process.argv[1], { cacheFolder: process.argv[2], onProgress })
    console.log(JSON.stringify({ folder, converted }))
  })`
  const flags = ['--conditions=@foretoken/source', '--import', 'tsx', '-e', code, '--', file, cacheFolder]
  const run = async (): Promise<string> => (await promisify(execFile)(process.execPath, flags)).stdout
  const [a, b] = await Promise.all([run(), run()])
  const [first, second] = [JSON.parse(a), JSON.parse(b)]
  expect(first.folder).toBe(second.folder)
  expect([first.converted, second.converted].filter(Boolean)).toHaveLength(1)
  expect(await folders()).toHaveLength(1)
  expect(await partial()).toEqual([])
})

it('leaves nothing behind when a conversion fails or is stopped', async () => {
  await truncate(file, 30_000)
  expect(await refusal(openModel(file, { cacheFolder }))).toMatch(/BAD_CHECKPOINT.*ends at byte/)
  await cp(join(fixtures, 'qwen3.gguf'), file)
  const controller = new AbortController()
  const onProgress = (): void => controller.abort()
  expect(await refusal(openModel(file, { cacheFolder, signal: controller.signal, onProgress }))).toMatch(/ABORTED/)
  expect(await partial()).toEqual([])
  expect(await folders()).toEqual([])
})

it('clears away what a process that died left', async () => {
  const { folder: prepared } = await openModel(file, { cacheFolder })
  const key = prepared.split('/').at(-1) as string
  await rm(prepared, { recursive: true })
  await cp(fixtures, join(cacheFolder, 'partial', `${key}.left`), { recursive: true })
  const lock = join(cacheFolder, 'locks', `${key}.lock`)
  await writeFile(lock, 'half-written')
  await utimes(lock, 0, 0)
  await openModel(file, { cacheFolder })
  expect(await partial()).toEqual([])
})

it('says that the disk is full', async () => {
  await symlink('/dev/full', join(folder, 'weights.bin'))
  const store = folderStore(folder)
  const sink = await store.create('weights.bin')
  expect(await refusal(sink.append(new Uint8Array(100)))).toMatch(/STORAGE_FAILED.*disk is full.*another cache folder/)
  await store.closeAll()
})

it('says what is wrong with a path', async () => {
  expect(await refusal(openModel(join(folder, 'no.gguf'), { cacheFolder }))).toMatch(/NOT_FOUND.*no\.gguf/)
  expect(await refusal(openModel('no-model', { cacheFolder }))).toMatch(/NOT_FOUND.*stories/)
  const text = join(folder, 'text.gguf')
  await writeFile(text, 'This is no model, but long enough to be one.')
  expect(await refusal(openModel(text, { cacheFolder }))).toMatch(/BAD_CHECKPOINT.*not a GGUF/)
  expect(await refusal(openModel(folder, { cacheFolder }))).toMatch(/BAD_CHECKPOINT.*config\.json/)
  const blocked = join(folder, 'text.gguf', 'cache')
  expect(await refusal(openModel(file, { cacheFolder: blocked }))).toMatch(/STORAGE_FAILED/)
})

it('lists, inspects and removes models', async () => {
  const before = await inspect(file, { cacheFolder })
  expect(before).toMatchObject({ id: 'my-model', format: 'gguf', quantization: 'F16' })
  expect(before.prepared).toBeUndefined()
  await openModel(file, { cacheFolder })
  const after = await inspect(file, { cacheFolder })
  expect(after.capabilities).toEqual(before.capabilities)
  expect(after.prepared?.quantization).toBe('int8-rotated')
  expect((await inspect(after.prepared?.folder as string, { cacheFolder })).format).toBe('prepared')
  expect(await refusal(inspect('smollm2-135m', { cacheFolder }))).toMatch(/OFFLINE/)
  const listed = await listModels({ cacheFolder })
  expect(listed.find(({ id }) => id === 'my-model')).toMatchObject({ isCached: true })
  expect(listed.find(({ id }) => id === 'smollm2-135m')).toMatchObject({ isCached: false, isPulled: false })
  expect(await removeModel('my-model', { cacheFolder })).toBeGreaterThan(10_000)
  expect(await folders()).toEqual([])
  expect(await refusal(removeModel('my-model', { cacheFolder }))).toMatch(/NOT_FOUND/)
})
