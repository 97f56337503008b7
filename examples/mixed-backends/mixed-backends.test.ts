import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { generate } from '@foretoken/core'
import { expect, it } from 'vitest'
import { softwareAdapter } from '../../tooling/browser/chromium.mjs'

const FLAGS = ['--conditions=@foretoken/source', '--import', 'tsx']

/** What an example writes, as a program of its own. */
function run(
  name: string,
  tokens: number,
  env: Readonly<Record<string, string>> = {},
): Promise<{ stdout: string; stderr: string }> {
  const path = fileURLToPath(new URL(`./${name}.ts`, import.meta.url))
  return promisify(execFile)(process.execPath, [...FLAGS, path, String(tokens)], { env: { ...process.env, ...env } })
}

async function plain(weights: 'int8' | 'float32', maxTokens: number): Promise<string> {
  const { folder, tokenizer } = await openModel('stories', { weights })
  await using model = await loadModel(folder, { threads: 1 })
  const { stopTokens, tokenBytes, encode } = tokenizer
  const prompt = encode('Once upon a time, there was a little')
  return (await generate({ model, prompt, maxTokens, stopTokens, tokenBytes })).text
}

it('drafts in one worker for a target in another', async () => {
  const { stdout, stderr } = await run('worker-drafts', 40)
  expect(stderr).toBe('Target: cpu, 1 thread, in a worker. Draft: cpu, 1 thread, in a worker.\n')
  expect(stdout).toBe(await plain('int8', 40))
})

it('drafts on the processor for a target on WebGPU', async ({ skip }) => {
  const env = softwareAdapter()
  if (!env) return skip('there is no software adapter here: Chromium brings one')
  const { stdout, stderr } = await run('gpu-verifies', 9, env)
  expect(stderr).toMatch(/^Target: (webgpu|cuda), in a worker\. Draft: cpu, 1 thread, in a worker\.$/m)
  expect(stdout).toBe(await plain('float32', 9))
})

it('says what is missing where no graphics card can be used', async () => {
  const none = { VK_DRIVER_FILES: '/nowhere.json', VK_ICD_FILENAMES: '/nowhere.json' }
  const outcome = await run('gpu-verifies', 1, none).catch((error: { stderr: string }) => error)
  // A machine with a card runs it.
  expect(outcome.stderr).toMatch(/No graphics card can be used here\. cuda: .* webgpu: |^Target: /s)
})
