import { listModels, removeModel } from '@foretoken/checkpoint/web'
import { beforeEach, expect, it } from 'vitest'
import { cdp } from 'vitest/browser'
import { loadModel } from './load-model.ts'

const llama = new URL('../../../checkpoint/fixtures/checkpoints/llama.gguf', import.meta.url)
const stories = new URL('../../../models/stories/stories.gguf', import.meta.url)
const session = cdp() as unknown as { send(method: string, parameters: object): Promise<unknown> }

async function preparedFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory()
  const folder = await root.getDirectoryHandle('foretoken', { create: true })
  return folder.getDirectoryHandle('prepared', { create: true })
}

beforeEach(async () => {
  for (const { key } of await listModels()) await removeModel(key)
})

/** With so much space for this site a model is refused in words that help, and nothing of it stays. */
async function expectNoSpace(model: URL, quotaSize: number): Promise<void> {
  const { origin } = location
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize })
  try {
    await expect(loadModel(model)).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining('the space for this site is used up'),
      fix: expect.stringContaining('Remove a model'),
    })
  } finally {
    await session.send('Storage.overrideQuotaForOrigin', { origin })
  }
  expect(await listModels()).toEqual([])
}

it('says that the space is used up, leaves nothing half-written, and works once there is space', async () => {
  const { usage = 0 } = await navigator.storage.estimate()
  await expectNoSpace(stories, usage + 1_000_000)
  await (await loadModel(stories)).dispose()
  expect(await listModels()).toHaveLength(1)
})

it('says what to do when there is no space at all, and keeps nothing', async () => {
  await expectNoSpace(llama, 1)
  const loaded = await loadModel(llama)
  expect(loaded.note).toBeUndefined()
  await loaded.dispose()
})

it('removes no model while anyone reads it', async () => {
  await (await loadModel(llama)).dispose()
  const key = (await listModels())[0]?.key as string
  await navigator.locks.request(`foretoken-${key}`, { mode: 'shared' }, async () => {
    await expect(removeModel(key)).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      fix: expect.stringContaining('once'),
    })
    await (await loadModel(llama)).dispose()
  })
  await removeModel(key)
  expect(await listModels()).toEqual([])
})

it('refuses a model too big for memory before it converts it', async () => {
  const phases: string[] = []
  const onProgress = ({ phase }: { phase: string }) => phases.push(phase)
  const error = { code: 'UNSUPPORTED', fix: expect.stringContaining('Choose a smaller model') }
  await expect(loadModel(stories, { maximumBytes: 100_000, onProgress })).rejects.toMatchObject(error)
  expect(phases).not.toContain('convert')
  expect(await listModels()).toEqual([])
  // One that is stored already is refused before its weights are read.
  await (await loadModel(llama)).dispose()
  await expect(loadModel(llama, { maximumBytes: 1000 })).rejects.toMatchObject(error)
})

it('removes what a closed tab left half-written, and nothing that another tab is writing', async () => {
  const root = await preparedFolder()
  for (const key of ['left', 'written-now']) {
    const folder = await root.getDirectoryHandle(key, { create: true })
    const file = await (await folder.getFileHandle('weights.bin', { create: true })).createWritable()
    await file.write(new Uint8Array(1000))
    await file.close()
  }
  await navigator.locks.request('foretoken-written-now', async () => {
    await (await loadModel(llama)).dispose()
    expect((await listModels()).map(({ key }) => key)).toEqual([expect.stringMatching(/^llama-/), 'written-now'])
  })
})
