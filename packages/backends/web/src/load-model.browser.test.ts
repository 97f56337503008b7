import { listModels, removeModel } from '@foretoken/checkpoint/web'
import { expect, it } from 'vitest'
import { type LoadOptions, loadModel } from './load-model.ts'

const llama = new URL('../../../checkpoint/fixtures/checkpoints/llama.gguf', import.meta.url)

async function bytesOf(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await fetch(url)).arrayBuffer())
}

async function forgetAll(): Promise<void> {
  for (const { key } of await listModels()) await removeModel(key)
}

it('converts a model once and keeps it', async () => {
  await forgetAll()
  const phases: string[] = []
  const onProgress = ({ phase }: { phase: string }) => phases.push(phase)
  await (await loadModel(llama, { onProgress })).dispose()
  expect(new Set(phases)).toEqual(new Set(['download', 'convert']))
  const stored = await listModels()
  expect(stored).toEqual([{ key: expect.stringMatching(/^llama-int8-/), bytes: expect.any(Number) }])
  phases.length = 0
  await (await loadModel(llama, { onProgress })).dispose()
  expect(phases).toEqual([])
  await removeModel(stored[0]?.key as string)
  expect(await listModels()).toEqual([])
  await expect(removeModel('llama')).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

it('loads a file as it loads its address', async () => {
  const file = new File([await bytesOf(llama)], 'dropped.gguf')
  const tokens = Int32Array.of(1, 2, 3)
  await using dropped = await loadModel(file)
  await using fetched = await loadModel(llama)
  expect((await dropped.model.step({ tokens })).logits).toEqual((await fetched.model.step({ tokens })).logits)
  expect(dropped.info.source[0]).toEqual({ name: 'dropped.gguf', sha256: fetched.info.source[0]?.sha256 })
})

it('lets two loads at once convert once', async () => {
  await forgetAll()
  const phases: string[] = []
  const onProgress = ({ phase, done, total }: { phase: string; done: number; total: number }) =>
    done === total && phases.push(phase)
  const loaded = await Promise.all([loadModel(llama, { onProgress }), loadModel(llama, { onProgress })])
  expect(phases.filter((phase) => phase === 'convert')).toHaveLength(1)
  for (const each of loaded) await each.dispose()
})

it.each([
  ['an address without a file', () => new URL('/nowhere.gguf', import.meta.url), {}, 'NOT_FOUND'],
  ['a file that is no model', () => new File(['no model at all'], 'letter.gguf'), {}, 'BAD_CHECKPOINT'],
  ['a cut file', async () => new File([(await bytesOf(llama)).slice(0, 5000)], 'cut.gguf'), {}, 'BAD_CHECKPOINT'],
  ['another checksum', () => llama, { sha256: '0'.repeat(64) }, 'BAD_CHECKSUM'],
  ['an unknown option', () => llama, { thread: 2 }, 'BAD_OPTION'],
  ['half a thread', () => llama, { threads: 0.5 }, 'BAD_OPTION'],
] as const)('refuses %s and leaves nothing behind', async (_, location, options, code) => {
  await forgetAll()
  await expect(loadModel(await location(), options as LoadOptions)).rejects.toMatchObject({ code })
  expect(await listModels()).toEqual([])
})

it('stops when asked and leaves nothing behind', async () => {
  await forgetAll()
  const stories = new URL('../../../models/stories/stories.gguf', import.meta.url)
  const controller = new AbortController()
  const onProgress = ({ phase }: { phase: string }) => phase === 'convert' && controller.abort()
  await expect(loadModel(stories, { signal: controller.signal, onProgress })).rejects.toMatchObject({ code: 'ABORTED' })
  expect(await listModels()).toEqual([])
  await (await loadModel(llama)).dispose()
})
