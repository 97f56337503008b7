import type { Reply, Request } from '@foretoken/backend-onnx'
import type { PreparedModel, TokenizerJson } from '@foretoken/checkpoint'
import type { BrowserModelOptions, Progress } from '@foretoken/checkpoint/web'
import type { Runtime } from './runtime.ts'

export interface SessionOptions {
  /** Default `wasm`. */
  readonly provider?: 'wasm' | 'webgpu' | undefined
  /** Threads of one forward pass on WASM. Default: all, up to 8; one for models under 32 MB and for pages that are not isolated. */
  readonly threads?: number | undefined
  /** Most rows of one step. Default 128. */
  readonly maximumRows?: number | undefined
}

/** The first message to the worker. */
export interface OpenRequest {
  readonly kind: 'open'
  /** A name or an address, relative to `base`; or files. */
  readonly location: string | readonly File[]
  readonly base: string
  readonly options: SessionOptions & Omit<BrowserModelOptions, 'onProgress' | 'signal'>
}

export type ToWorker = OpenRequest | { readonly kind: 'abort' } | Request

/** What the worker says of a model besides the facts of every model. */
export interface About {
  readonly info: PreparedModel
  readonly tokenizer: TokenizerJson
  readonly runtime: Runtime
  /** Why the model is not kept. */
  readonly note?: string
}

export type FromWorker = Reply<About> | { readonly kind: 'progress'; readonly progress: Progress }
