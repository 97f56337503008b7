// Engines of others in the benchmark's page. Their files are served beside it, under the addresses below.

import type { PeerPlace, PeerTask } from '../src/browser/page-interface.ts'
import { stopwatch, type Timing } from '../src/engines/engine.ts'
import { generateWith, type Transformers } from '../src/engines/transformers-model.ts'

export interface Peer {
  readonly place: PeerPlace
  /** Greedy: `count` tokens after `prompt`. */
  generate(prompt: readonly number[], count: number): Promise<Timing>
}

type TextOf = (tokenIds: readonly number[]) => string

interface WllamaSetup extends Pick<PeerTask, 'threads' | 'contextLength'> {
  readonly textOf: TextOf
}

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
  getNumThreads(): number
}
interface WllamaModule {
  readonly Wllama: (new (paths: object, options: object) => Wllama) & { getLibllamaVersion(): string }
}

/** Loads another engine with its model. `textOf` gives the text of tokens. */
export function openPeer({ name, threads, contextLength }: PeerTask, textOf: TextOf): Promise<Peer> {
  const bits = name.slice(-2)
  return name.startsWith('wllama')
    ? openWllama(bits, { threads, contextLength, textOf })
    : openTransformers(bits, threads)
}

async function openTransformers(dtype: string, threads: number): Promise<Peer> {
  const library: TransformersInPage = await import(
    /* @vite-ignore */ new URL('/peers/transformers.js', location.href).href
  )
  const { env, AutoModelForCausalLM, Tensor } = library
  Object.assign(env, { allowLocalModels: true, allowRemoteModels: false, localModelPath: '/peers/' })
  Object.assign(env.backends.onnx.wasm, { wasmPaths: new URL('/peers/ort/', location.href).href, numThreads: threads })
  const model = await AutoModelForCausalLM.from_pretrained('model', { dtype, device: 'wasm' })
  return {
    // The runtime writes there what it got.
    place: { version: env.version, threads: env.backends.onnx.wasm.numThreads },
    generate: (prompt, count) => generateWith(model, Tensor, prompt, count),
  }
}

async function openWllama(bits: string, { threads, contextLength, textOf }: WllamaSetup): Promise<Peer> {
  const library: WllamaModule = await import(/* @vite-ignore */ new URL('/peers/wllama.js', location.href).href)
  const engine = new library.Wllama(
    { default: new URL('/peers/wllama.wasm', location.href).href },
    { suppressNativeLog: true },
  )
  const model = await (await fetch(`/peers/model/gguf/model_${bits}.gguf`)).blob()
  await engine.loadModel([model], { n_threads: threads, n_ctx: contextLength, n_gpu_layers: 0, n_parallel: 1 })
  return {
    place: { version: library.Wllama.getLibllamaVersion(), threads: engine.getNumThreads() },
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
