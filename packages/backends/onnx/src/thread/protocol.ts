import type { Capability, ErrorCode, StepInput } from '@foretoken/core'
import type { Place } from '../place.ts'

/** What the owner of a model asks of the thread that runs it. Models (forks) are known by number; 0 is the loaded one. */
export type Request =
  | { readonly kind: 'step'; readonly model: number; readonly input: StepInput; readonly spare?: ArrayBuffer }
  | { readonly kind: 'commit'; readonly model: number; readonly rows: Int32Array }
  | { readonly kind: 'rewind'; readonly model: number; readonly length: number }
  | { readonly kind: 'fork'; readonly model: number; readonly fork: number; readonly skipped?: Uint8Array }
  | { readonly kind: 'dispose'; readonly model: number }

/** What the thread says once the model is loaded. */
export interface ModelFacts {
  readonly supports: readonly Capability[]
  readonly vocabularySize: number
  readonly contextLength: number
  readonly maximumRows: number
  readonly where: Place
  /** Whether memory of logits is taken back, with the next step. */
  readonly reuses: boolean
  /** Of models that support `layers:skip`. */
  readonly subLayers?: number
}

export interface StepReply {
  readonly rows: number
  readonly logits: Float32Array
  readonly argmax?: Int32Array
  readonly hiddenStates?: ReadonlyMap<number, Float32Array>
}

/** A `ForetokenError` that can cross threads. */
export interface ErrorReply {
  readonly code: ErrorCode
  readonly message: string
  readonly fix: string
  readonly details: Readonly<Record<string, unknown>>
}

/** Replies of one model come in the order of its `step` and `dispose` requests. `About` is what else the loader has to say. */
export type Reply<About = undefined> =
  | { readonly kind: 'ready'; readonly facts: ModelFacts; readonly about: About }
  | { readonly kind: 'output'; readonly model: number; readonly output: StepReply }
  | { readonly kind: 'disposed'; readonly model: number }
  | { readonly kind: 'failed'; readonly model: number; readonly error: ErrorReply }
