import type { Capability } from './capability.ts'

/** Rows to score in one forward pass: a chain, or a tree over the committed prefix. */
export interface StepInput {
  /** Token ids, [rows], in topological order. */
  readonly tokens: Int32Array
  /**
   * Parent row of each row, [rows], `parents[i] < i`; −1 is the last committed position.
   * Default: a chain (`i − 1`). A row attends to the committed prefix, its ancestors and itself.
   */
  readonly parents?: Int32Array
  /** Rows whose logits are wanted, ascending. Default: every row. `[]` during prefill costs no head. */
  readonly logitsFor?: Int32Array
  /**
   * What is wanted of the asked rows. `argmax`: their most probable tokens are enough, and a model that gives those itself may
   * leave the logits out, which saves handing them over. Default `logits`.
   */
  readonly wants?: 'logits' | 'argmax'
}

/** What one forward pass gives. Arrays are borrowed: valid until the next `step` of the same model. */
export interface StepOutput {
  /** Number of rows fed. */
  readonly rows: number
  /** [asked rows, vocabularySize], row-major, in the order of `logitsFor`; empty where `argmax` stands in for it. */
  readonly logits: Float32Array
  /** Most probable token of each asked row, the lowest id on ties, [asked rows]; only where `wants` was `argmax`. */
  readonly argmax?: Int32Array
  /** Hidden states by layer, [rows, width] each; only from models that support `output:hidden-states`. */
  readonly hiddenStates?: ReadonlyMap<number, Float32Array>
}

/** Passes that leave out sub-layers: number `2 l` is the attention of layer `l`, `2 l + 1` its feed-forward block. */
export interface Skipping {
  /** How many there are. */
  readonly subLayers: number
  /**
   * As `fork`, but the residual stream passes by each sub-layer whose entry in `skipped`, [subLayers], is not 0. What the new state
   * commits is its own.
   */
  fork(skipped: Uint8Array): Model
}

/**
 * One generation's state over a loaded graph, and the sole owner of its cache. `step` scores rows and keeps nothing;
 * `commit` appends chosen rows of the last step. What was not committed was never in the cache, so a rejected draft
 * costs nothing to forget.
 */
export interface Model extends AsyncDisposable {
  readonly supports: ReadonlySet<Capability>
  readonly vocabularySize: number
  /** Most positions the cache may hold. */
  readonly contextLength: number
  /** Most rows of one `step`; longer prompts are fed in chunks. */
  readonly maximumRows: number
  /** Committed positions in the cache. */
  readonly length: number
  /**
   * Scores a chain or a tree. Throws `BAD_OPTION`, `DISPOSED`, `BACKEND_FAILED`, and `CONTEXT_FULL` when a row's
   * position, `length` + its depth, is not below `contextLength`; a tree may have more rows than positions left.
   */
  step(input: StepInput): Promise<StepOutput>
  /** Appends these rows of the last step, in path order: `rows[0]` continues the prefix, each next one its predecessor. */
  commit(rows: Int32Array): void
  /** Back to an earlier committed length. */
  rewind(length: number): void
  /** A second state that shares the committed prefix. */
  fork(): Model
  /** Only of models that support `layers:skip`. */
  readonly skipping?: Skipping
  /** Frees the state. Disposing twice is a no-op; any other use afterwards throws `DISPOSED`. */
  dispose(): Promise<void>
}
