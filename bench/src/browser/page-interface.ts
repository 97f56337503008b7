import type { CostCurve } from '@foretoken/controller'
import type { Architecture } from '@foretoken/graph'
import type { Timing } from '../engines/engine.ts'
import type { TurnStats } from '../spec/turn.ts'

/** How this engine speculates in a page. */
export const SPECULATIONS = {
  auto: 'The controller over counted suffixes of all texts and, where the model has a table of them, n-grams of text and model.',
  'auto-free': 'The controller over counted suffixes.',
  'auto-draft': 'As auto, and a model that drafts.',
  ngram: 'N-grams of the text and of the model, each round.',
} as const

export type Speculation = keyof typeof SPECULATIONS

/** Engines of others that run in the page, with 8 or 4 bits of weights. */
export const PEER_NAMES = ['transformers-q8', 'transformers-q4', 'wllama-q8', 'wllama-q4'] as const

export type PeerName = (typeof PEER_NAMES)[number]

export interface OpenTask {
  /** Of the GGUF file. */
  readonly address: string
  /** Of a model that drafts. */
  readonly draftAddress?: string | undefined
  readonly threads: number
  readonly speculations: readonly Speculation[]
}

export interface PeerTask {
  readonly name: PeerName
  readonly threads: number
  readonly contextLength: number
}

export interface PeerPlace {
  readonly version: string
  /** That it says it has. */
  readonly threads: number
}

export interface TurnTask {
  readonly prompt: readonly number[]
  readonly tokens: number
  /** Who decodes first moves on by one each turn. */
  readonly turn: number
}

export interface Answer {
  readonly tokenIds: readonly number[]
  readonly stats: TurnStats
}

/** Forms of weights that load on WebGPU, on the device or with the cache in the host. */
export const FORMS = [
  'float32, cache in the host',
  'int8 in integers, cache in the host',
  'float32',
  'blocks of 8 bits',
  'blocks of 4 bits',
] as const

export type Form = (typeof FORMS)[number]

export interface FormsTask {
  readonly architecture: Architecture
  readonly forms: readonly Form[]
  readonly rows: readonly number[]
  /** Committed tokens. */
  readonly context: number
  readonly repetitions: number
}

export interface FormTimes {
  readonly form: Form
  readonly rows: number
  readonly ms: number[]
}

export interface TurnAnswers {
  readonly prefillMs: number
  readonly plain: Answer
  readonly ours: Readonly<Partial<Record<Speculation, Answer>>>
  /** As many tokens as plain decoding wrote. */
  readonly peers: Readonly<Partial<Record<PeerName, Omit<Timing, 'tokenIds'> & { readonly tokens: number }>>>
}

/** What the page offers under the name `benchPage`. */
export interface BenchPage {
  open(task: OpenTask): Promise<{ readonly runtime: unknown; readonly costs: CostCurve; readonly agent: string }>
  forms(task: FormsTask): Promise<{ readonly times: readonly FormTimes[]; readonly adapter: string }>
  /** Loads another engine; turns include it from then on. */
  openPeer(task: PeerTask): Promise<PeerPlace>
  turn(task: TurnTask): Promise<TurnAnswers>
}
