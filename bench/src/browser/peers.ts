import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright'
import { installPeers } from '../peers.ts'
import { PEERS } from '../places.ts'
import { say } from '../report.ts'
import type { BenchPage, PeerName, TurnAnswers } from './page-interface.ts'

declare const benchPage: BenchPage

/** Engines of others that answered, with their versions, and why the rest did not. */
export interface Present {
  readonly versions: Readonly<Partial<Record<PeerName, string>>>
  readonly absent: Readonly<Record<string, string>>
}

export interface PeerSummary {
  readonly version: string
  readonly tokensPerSecond: number
  /** Plain decoding's rate of the same turns by this engine's, first tokens left out. */
  readonly ratio: number
}

/** Files that other engines read, by the address at which the page asks for them. `onnx` is the export for transformers.js. */
export async function peerFiles(onnx: string): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  if (installPeers() !== undefined) return files
  const modules = fileURLToPath(new URL('node_modules/', PEERS))
  files.set('/peers/transformers.js', join(modules, '@huggingface/transformers/dist/transformers.min.js'))
  files.set('/peers/wllama.js', join(modules, '@wllama/wllama/esm/index.js'))
  files.set('/peers/wllama.wasm', join(modules, '@wllama/wllama/esm/wasm/wllama.wasm'))
  const store = join(modules, '.pnpm')
  // What it bundles is built from the runtime that its package names.
  const runtime = (await readdir(store)).find((name) => /^onnxruntime-web@/.test(name))
  for (const file of ['mjs', 'wasm'].map((kind) => `ort-wasm-simd-threaded.asyncify.${kind}`)) {
    files.set(`/peers/ort/${file}`, join(store, runtime ?? '', 'node_modules/onnxruntime-web/dist', file))
  }
  for (const file of ['config.json', 'generation_config.json', 'onnx/model_quantized.onnx', 'onnx/model_q4.onnx']) {
    if (existsSync(join(onnx, file))) files.set(`/peers/onnx/${file}`, join(onnx, file))
  }
  return files
}

/** Loads the engines into the page. */
export async function openPeers(
  page: Page,
  names: readonly PeerName[],
  files: ReadonlyMap<string, string>,
  setup: { readonly threads: number; readonly contextLength: number },
): Promise<Present> {
  const versions: Partial<Record<PeerName, string>> = {}
  const absent: Record<string, string> = {}
  for (const name of names) {
    const reason = missing(name, files)
    try {
      if (reason === undefined)
        versions[name] = await page.evaluate((task) => benchPage.openPeer(task), { name, ...setup })
      else absent[name] = reason
    } catch (error) {
      absent[name] = `it does not load: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`
    }
    say(`${name}: ${versions[name] ?? absent[name]}`)
  }
  return { versions, absent }
}

function missing(name: PeerName, files: ReadonlyMap<string, string>): string | undefined {
  const script = files.get(name === 'wllama' ? '/peers/wllama.js' : '/peers/transformers.js')
  if (!script || !existsSync(script)) {
    return `it is not installed; remove ${dirname(fileURLToPath(new URL('node_modules/.modules.yaml', PEERS)))} and run this again`
  }
  if (name === 'wllama') return undefined
  const model = name === 'transformers-q8' ? 'model_quantized' : 'model_q4'
  return files.has(`/peers/onnx/onnx/${model}.onnx`)
    ? undefined
    : 'there is no export of the model; bench/README.md tells how to make one'
}

/** Sums of all turns. */
export function summarizePeers(
  turns: readonly TurnAnswers[],
  { versions }: Present,
): Partial<Record<PeerName, PeerSummary>> {
  const summaries: Partial<Record<PeerName, PeerSummary>> = {}
  for (const [name, version] of Object.entries(versions) as [PeerName, string][]) {
    const sums = { tokens: 0, ms: 0, plainTokens: 0, plainMs: 0 }
    for (const { plain, peers } of turns) {
      const timing = peers[name]
      if (!timing || timing.tokens < 2) continue
      sums.tokens += timing.tokens - 1
      sums.ms += timing.restMs
      sums.plainTokens += plain.stats.decodeTokens
      sums.plainMs += plain.stats.decodeMs
    }
    const tokensPerSecond = (1000 * sums.tokens) / sums.ms
    const ratio = (1000 * sums.plainTokens) / sums.plainMs / tokensPerSecond
    summaries[name] = { version, tokensPerSecond, ratio }
  }
  return summaries
}
