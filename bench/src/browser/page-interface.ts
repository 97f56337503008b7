import type { CostCurve } from '@foretoken/controller'
import type { Architecture } from '@foretoken/graph'
import type { TurnStats } from '../spec/turn.ts'

export interface OpenTask {
  /** Of the GGUF file. */
  readonly address: string
  /** Of a model that drafts. */
  readonly draftAddress?: string | undefined
  readonly threads: number
}

export interface TurnTask {
  readonly prompt: readonly number[]
  readonly tokens: number
  /** Who decodes first alternates. */
  readonly oursFirst: boolean
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

/** What the page offers under the name `benchPage`. */
export interface BenchPage {
  open(task: OpenTask): Promise<{ readonly runtime: unknown; readonly costs: CostCurve; readonly agent: string }>
  forms(task: FormsTask): Promise<{ readonly times: readonly FormTimes[]; readonly adapter: string }>
  turn(task: TurnTask): Promise<{ readonly prefillMs: number; readonly ours: Answer; readonly plain: Answer }>
}
