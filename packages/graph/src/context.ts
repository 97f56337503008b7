import type { Architecture } from './architecture.ts'
import type { GraphBuilder } from './builder.ts'
import type { ResolvedOptions } from './graph-options.ts'

/** What every block of a graph under construction sees. */
export interface BuildContext {
  readonly architecture: Architecture
  readonly options: ResolvedOptions
  readonly graph: GraphBuilder
  /** Values computed once per step. */
  readonly step: StepValues
  /** Keys and values of the fed rows, of each layer in turn, [rows, kvHeads, headDim]; attention adds its own. */
  readonly newRows: string[]
}

/** Per layer kind. */
export interface SlotValues {
  /** Added to scores, [rows * groups, past + rows]; 0 or masked. */
  readonly mask: string
  /** The extents past and rows, [2] int64. */
  readonly parts: string
}

/** What attention over a cache in place reads. */
export interface InPlaceValues {
  /** Index of the last slot in use after the step, [1] int32. */
  readonly lastSlot: string
  /** Slots in use after the step, [1] int32. */
  readonly slots: string
  /** Added to scores, [1, 1, rows, slots], of the cache's type; none where the order of rows says it all. */
  readonly masks: Readonly<Record<'global' | 'sliding', string | undefined>>
}

export interface StepValues {
  /** Position of each row for each rotated head, [rows, heads + kvHeads]. */
  readonly rotaryPositions: string
  /** Whether each sub-layer is skipped, one bool each; empty unless the graph is skippable. */
  readonly skip: readonly string[]
  /** Of the kinds that the graph's layers have. */
  readonly global?: SlotValues
  readonly sliding?: SlotValues
  /** Instead of them, where the graph writes the cache in place. */
  readonly inPlace?: InPlaceValues
}

/** A score that exp turns into exactly 0. */
export const MASKED = -1e9
