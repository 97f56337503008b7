import { listModels, removeModel } from '@foretoken/checkpoint/web'
import { beforeEach, expect, it } from 'vitest'
import { loadModel } from './load-model.ts'

const PATH = 'packages/checkpoint/fixtures/checkpoints/llama.gguf'
const whole = new URL('../../../checkpoint/fixtures/checkpoints/llama.gguf', import.meta.url)
const tokens = Int32Array.of(1, 2, 3)
let count = 0
let run = ''

/** The fixture behind a server that breaks off in the middle: see `tooling/browser/broken-server.mjs`. */
const broken = (how: string) => new URL(`/broken/${how}/${run}/${PATH}`, location.href)
const asked = async (): Promise<string[]> => (await fetch(`/broken/log/${run}`)).json()

/** Has the server break off once the first bytes are here. */
const onProgress = ({ phase, done }: { phase: string; done: number }) => {
  if (phase === 'download' && done > 0) void fetch(`/broken/break/${run}`)
}

async function sha256Of(url: URL): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', await (await fetch(url)).arrayBuffer())
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

beforeEach(async () => {
  run = `${performance.timeOrigin}-${count++}`
  for (const { key } of await listModels()) await removeModel(key)
})

it.each([
  ['resumes where the server takes ranges', 'resumable', ['all', expect.stringMatching(/^bytes=[1-9]\d*-$/)]],
  ['starts over where it takes none', 'restarting', ['all', expect.stringMatching(/^bytes=/)]],
  ['starts over when the file has changed', 'changing', ['all', expect.stringMatching(/^bytes=/)]],
])('a cut download %s', async (_, how, expected) => {
  const sha256 = await sha256Of(whole)
  await using cut = await loadModel(broken(how), { sha256, onProgress })
  await using uncut = await loadModel(whole)
  expect(await asked()).toEqual(expected)
  expect((await cut.model.step({ tokens })).logits).toEqual((await uncut.model.step({ tokens })).logits)
})

it('gives up on a server that never gets further, and leaves nothing behind', async () => {
  await expect(loadModel(broken('hopeless'), { onProgress })).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    fix: expect.stringContaining('Check the connection'),
  })
  expect((await asked()).length).toBe(5)
  expect(await listModels()).toEqual([])
})

it('gives up on a server that falls silent, and leaves nothing behind', async () => {
  await expect(loadModel(broken('silent'), { silence: 150 })).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringContaining('the server fell silent'),
  })
  expect(await listModels()).toEqual([])
})
