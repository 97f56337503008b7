import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright'
import { installPeers } from '../peers.ts'
import { PEERS } from '../places.ts'
import { say } from '../report.ts'
import type { BenchPage, PeerName, PeerPlace, TurnAnswers } from './page-interface.ts'

declare const benchPage: BenchPage

/** Engines of others that answered, and why the rest did not. */
export interface Present {
  readonly places: Readonly<Partial<Record<PeerName, PeerPlace>>>
  readonly absent: Readonly<Record<string, string>>
}

export interface PeerSummary extends PeerPlace {
  /** Turns of more than one token. */
  readonly turns: number
  readonly tokensPerSecond: number
  /** Plain decoding's rate of the same turns by this engine's, first tokens left out. */
  readonly ratio: number
}

/** What an engine reads, in the folder of exports. */
const MODEL_FILES: Readonly<Record<PeerName, string>> = {
  'transformers-q8': 'onnx/model_quantized.onnx',
  'transformers-q4': 'onnx/model_q4.onnx',
  'wllama-q8': 'gguf/model_q8.gguf',
  'wllama-q4': 'gguf/model_q4.gguf',
}

/** Files that other engines read, by the address at which the page asks for them. `onnx` is the folder of the exports for them. */
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
  for (const file of ['config.json', 'generation_config.json', ...Object.values(MODEL_FILES)]) {
    if (existsSync(join(onnx, file))) files.set(`/peers/model/${file}`, join(onnx, file))
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
  const places: Partial<Record<PeerName, PeerPlace>> = {}
  const absent: Record<string, string> = {}
  for (const name of names) {
    const reason = missing(name, files)
    try {
      if (reason === undefined)
        places[name] = await page.evaluate((task) => benchPage.openPeer(task), { name, ...setup })
      else absent[name] = reason
    } catch (error) {
      absent[name] = `it does not load: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`
    }
    const place = places[name]
    say(`${name}: ${place ? `${place.version}, threads ${place.threads}` : absent[name]}`)
  }
  return { places, absent }
}

function missing(name: PeerName, files: ReadonlyMap<string, string>): string | undefined {
  const script = files.get(name.startsWith('wllama') ? '/peers/wllama.js' : '/peers/transformers.js')
  if (!script || !existsSync(script)) {
    return `it is not installed; remove ${dirname(fileURLToPath(new URL('node_modules/.modules.yaml', PEERS)))} and run this again`
  }
  return files.has(`/peers/model/${MODEL_FILES[name]}`)
    ? undefined
    : 'there is no export of the model; bench/README.md tells how to make one'
}

/** Sums of all turns. */
export function summarizePeers(
  turns: readonly TurnAnswers[],
  { places }: Present,
): Partial<Record<PeerName, PeerSummary>> {
  const summaries: Partial<Record<PeerName, PeerSummary>> = {}
  for (const [name, place] of Object.entries(places) as [PeerName, PeerPlace][]) {
    const sums = { turns: 0, tokens: 0, ms: 0, plainTokens: 0, plainMs: 0 }
    for (const { plain, peers } of turns) {
      const timing = peers[name]
      if (!timing || timing.tokens < 2) continue
      sums.turns++
      sums.tokens += timing.tokens - 1
      sums.ms += timing.restMs
      sums.plainTokens += plain.stats.decodeTokens
      sums.plainMs += plain.stats.decodeMs
    }
    const tokensPerSecond = (1000 * sums.tokens) / sums.ms
    const ratio = (1000 * sums.plainTokens) / sums.plainMs / tokensPerSecond
    summaries[name] = { ...place, turns: sums.turns, tokensPerSecond, ratio }
  }
  return summaries
}
