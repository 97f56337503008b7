import type { CostCurve } from '@foretoken/controller'
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

/** What the page offers under the name `benchPage`. */
export interface BenchPage {
  open(task: OpenTask): Promise<{ readonly runtime: unknown; readonly costs: CostCurve; readonly agent: string }>
  turn(task: TurnTask): Promise<{ readonly prefillMs: number; readonly ours: Answer; readonly plain: Answer }>
}
