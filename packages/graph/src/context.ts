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
}

export interface StepValues {
  /** uint8 128 per row, [rows]: zero points of row-quantized activations. */
  readonly zeroPoints: string
  /** Position of each row for each rotated head, [rows, heads + kvHeads]. */
  readonly rotaryPositions: string
  /** Added to the scores of global layers, [rows * groups, past + rows]; 0 or masked. */
  readonly mask: string
  /** The same for sliding layers, [rows * groups, sliding past + rows]. */
  readonly slidingMask?: string
}

/** A score that exp turns into exactly 0. */
export const MASKED = -1e9
