// Engines of others in the benchmark's page. Their files are served beside it, under the addresses below.

import type { PeerName, PeerTask } from '../src/browser/page-interface.ts'
import { stopwatch, type Timing } from '../src/engines/engine.ts'
import { generateWith, type Transformers } from '../src/engines/transformers-model.ts'

export interface Peer {
  readonly version: string
  /** Greedy: `count` tokens after `prompt`. */
  generate(prompt: readonly number[], count: number): Promise<Timing>
}

type TextOf = (tokenIds: readonly number[]) => string

interface TransformersInPage extends Transformers {
  readonly env: {
    version: string
    allowLocalModels: boolean
    allowRemoteModels: boolean
    localModelPath: string
    backends: { onnx: { wasm: { wasmPaths: string; numThreads: number } } }
  }
}

/** The little that is used of wllama. */
interface Wllama {
  loadModel(blobs: Blob[], options: object): Promise<void>
  createCompletion(options: object): Promise<unknown>
}
interface WllamaModule {
  readonly Wllama: (new (paths: object, options: object) => Wllama) & { getLibllamaVersion(): string }
}

/** Loads another engine with its model. `textOf` gives the text of tokens. */
export function openPeer({ name, threads, contextLength }: PeerTask, textOf: TextOf): Promise<Peer> {
  return name === 'wllama' ? openWllama(threads, contextLength, textOf) : openTransformers(name, threads)
}

async function openTransformers(name: PeerName, threads: number): Promise<Peer> {
  const library: TransformersInPage = await import(
    /* @vite-ignore */ new URL('/peers/transformers.js', location.href).href
  )
  const { env, AutoModelForCausalLM, Tensor } = library
  Object.assign(env, { allowLocalModels: true, allowRemoteModels: false, localModelPath: '/peers/' })
  Object.assign(env.backends.onnx.wasm, { wasmPaths: new URL('/peers/ort/', location.href).href, numThreads: threads })
  const dtype = name.replace('transformers-', '')
  const model = await AutoModelForCausalLM.from_pretrained('onnx', { dtype, device: 'wasm' })
  return {
    version: env.version,
    generate: (prompt, count) => generateWith(model, Tensor, prompt, count),
  }
}

async function openWllama(threads: number, contextLength: number, textOf: TextOf): Promise<Peer> {
  const library: WllamaModule = await import(/* @vite-ignore */ new URL('/peers/wllama.js', location.href).href)
  const engine = new library.Wllama(
    { default: new URL('/peers/wllama.wasm', location.href).href },
    { suppressNativeLog: true },
  )
  const model = await (await fetch('/model.gguf')).blob()
  await engine.loadModel([model], { n_threads: threads, n_ctx: contextLength, n_gpu_layers: 0, n_parallel: 1 })
  return {
    version: library.Wllama.getLibllamaVersion(),
    async generate(prompt, count) {
      const watch = stopwatch()
      let heard = 0
      // What it says after the last token is none.
      const onData = () => void (heard++ < count && watch.token(-1))
      const options = { max_tokens: count, temperature: 0, ignore_eos: true, cache_prompt: false, stream: true, onData }
      // It takes text alone: an array of tokens ends in a failure that speaks of the length of another array.
      await engine.createCompletion({ prompt: textOf(prompt), ...options })
      return watch.timing()
    },
  }
}
