import { type PlacedModel, remoteModel } from '@foretoken/backend-onnx'
import { createTokenizer, type PreparedModel, type Tokenizer } from '@foretoken/checkpoint'
import type { BrowserModelOptions } from '@foretoken/checkpoint/web'
import { badOption, checkInteger, checkKeys, ForetokenError } from '@foretoken/core'
import type { About, FromWorker, SessionOptions, ToWorker } from './protocol.ts'
import type { Runtime } from './runtime.ts'

export interface LoadOptions extends SessionOptions, BrowserModelOptions {}

/** A model in a worker, with what belongs to it. */
export interface LoadedModel extends AsyncDisposable {
  /** Says in `where` what `runtime` says of the provider. */
  readonly model: PlacedModel
  readonly tokenizer: Tokenizer
  readonly info: PreparedModel
  /** What runs it, and why not faster. */
  readonly runtime: Runtime
  /** Why the model is not kept in this browser and will be loaded anew; absent when it is. */
  readonly note?: string
  /** Disposes `model`; forks live on. */
  dispose(): Promise<void>
}

const KNOWN = [
  'provider',
  'threads',
  'maximumRows',
  'weights',
  'sha256',
  'id',
  'maximumBytes',
  'hubUrl',
  'hubToken',
  'silence',
  'onProgress',
  'signal',
]

/**
 * Loads a model in a worker of its own, from
 * - a name that `MODELS` of `@foretoken/checkpoint` lists, or `hub:owner/name` of the Hugging Face hub, with `@revision` and
 *   `/file.gguf` where wanted;
 * - the address of a `.gguf` file, or of a folder, which ends with `/`: a checkpoint as the hub has it, or a prepared model;
 * - files that the user chose or dropped: a `.gguf` file, or `config.json`, `tokenizer.json` and the `.safetensors` files.
 *
 * What is not prepared is converted once and kept in the origin private file system; where there is none, `note` says so.
 *
 * Throws `NOT_FOUND`, `DOWNLOAD_FAILED`, `BAD_CHECKSUM`, `BAD_CHECKPOINT`, `BAD_OPTION`, `UNSUPPORTED`, `STORAGE_FAILED`,
 * `BACKEND_FAILED` and `ABORTED`.
 */
export async function loadModel(
  location: string | URL | File | readonly File[],
  options: LoadOptions = {},
): Promise<LoadedModel> {
  checkOptions(options)
  const { onProgress, signal, ...rest } = options
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
  const post = (message: ToWorker, transfer: ArrayBuffer[] = []) => worker.postMessage(message, transfer)
  const remote = remoteModel<About>({ post, end: () => worker.terminate() })
  worker.onerror = ({ message }) => remote.fail(gone(message || 'its script could not be loaded'))
  worker.onmessageerror = () => remote.fail(gone('a message of it could not be read'))
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) =>
    data.kind === 'progress' ? onProgress?.(data.progress) : remote.receive(data)
  const abort = () => post({ kind: 'abort' })
  signal?.addEventListener('abort', abort)
  try {
    post({
      kind: 'open',
      location: location instanceof URL ? location.href : location instanceof File ? [location] : location,
      base: self.location.href,
      options: rest,
    })
    if (signal?.aborted) abort()
    const { model, about } = await remote.opened
    const { info, runtime, note } = about
    const tokenizer = createTokenizer(about.tokenizer, info.tokens, info.chatTemplate)
    const dispose = () => model.dispose()
    const said = note === undefined ? {} : { note }
    return { model, tokenizer, info, runtime, ...said, dispose, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    worker.terminate()
    throw error
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

function checkOptions(options: LoadOptions): void {
  checkKeys('loadModel', options, KNOWN)
  const { provider = 'wasm', threads, maximumRows } = options
  if (provider !== 'wasm' && provider !== 'webgpu') {
    throw badOption('loadModel', 'provider', `is ${String(provider)}`, 'wasm or webgpu')
  }
  checkInteger('loadModel', 'threads', threads, 1, 64)
  checkInteger('loadModel', 'maximumRows', maximumRows, 1)
  checkInteger('loadModel', 'maximumBytes', options.maximumBytes, 1)
  checkInteger('loadModel', 'silence', options.silence, 1)
}

function gone(why: string): ForetokenError {
  return new ForetokenError('BACKEND_FAILED', `The model's worker is gone: ${why}.`, { fix: 'Load the model again.' })
}
