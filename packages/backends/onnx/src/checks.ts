import { ForetokenError, type StepInput } from '@foretoken/core'

/** A step's rows after checking, with everything defaulted. */
export interface CheckedStep {
  readonly tokens: Int32Array
  readonly parents: Int32Array
  readonly logitsFor: Int32Array
  /** Distance from the last committed position, [rows]; 0 for its children. */
  readonly depths: Int32Array
}

export interface StepLimits {
  readonly vocabularySize: number
  readonly contextLength: number
  readonly maximumRows: number
  readonly isTree: boolean
}

/** Throws `BAD_OPTION` for malformed rows and `CONTEXT_FULL` for rows past the last position. */
export function checkStep(input: StepInput, length: number, limits: StepLimits): CheckedStep {
  const { tokens, parents = chain(tokens.length), logitsFor = indices(tokens.length) } = input
  const rows = tokens.length
  if (rows < 1 || rows > limits.maximumRows) {
    refuse(`A step got ${rows} rows; expected 1 to ${limits.maximumRows}.`, 'Feed longer prompts in chunks.')
  }
  if (parents.length !== rows)
    refuse(`A step got ${rows} tokens and ${parents.length} parents.`, 'Give one parent per row.')
  const depths = new Int32Array(rows)
  for (let row = 0; row < rows; row++) {
    const token = tokens[row] as number
    if (token < 0 || token >= limits.vocabularySize) {
      refuse(
        `Row ${row} has token ${token}; the vocabulary has ${limits.vocabularySize}.`,
        'Use the tokenizer of this model.',
      )
    }
    const parent = parents[row] as number
    if (parent < -1 || parent >= row) {
      refuse(`Row ${row} has parent ${parent}; expected −1 to ${row - 1}.`, 'Order rows so that parents come first.')
    }
    if (!limits.isTree && parent !== row - 1) {
      refuse('The rows form a tree, and this graph takes chains only.', 'Build the graph with tree: true.')
    }
    depths[row] = parent < 0 ? 0 : (depths[parent] as number) + 1
  }
  checkAsked(logitsFor, rows)
  const last = length + depths.reduce((most, depth) => Math.max(most, depth), 0)
  if (last >= limits.contextLength) {
    throw new ForetokenError(
      'CONTEXT_FULL',
      `The step reaches position ${last}; the context has ${limits.contextLength}.`,
      {
        fix: 'Shorten the prompt, or ask for fewer tokens.',
        details: { position: last, contextLength: limits.contextLength },
      },
    )
  }
  return { tokens, parents, logitsFor, depths }
}

function checkAsked(logitsFor: Int32Array, rows: number): void {
  let previous = -1
  for (const row of logitsFor) {
    if (row <= previous || row >= rows)
      refuse(`logitsFor holds ${row}; expected ascending rows below ${rows}.`, 'Sort logitsFor.')
    previous = row
  }
}

/** Throws `BAD_OPTION` unless `rows` is a path of the last step that starts at the committed prefix. */
export function checkPath(rows: Int32Array, parents: Int32Array | undefined): void {
  if (rows.length === 0) return
  if (!parents)
    refuse('commit got rows without a step before it.', 'Call step first; each step is committed at most once.')
  let previous = -1
  for (const row of rows) {
    if (parents[row] !== previous) {
      refuse(
        `commit got row ${row} after ${previous}, which is not its parent.`,
        'Commit a path of the last step from its root.',
      )
    }
    previous = row
  }
}

/** Throws `BAD_OPTION` unless `length` is a committed length. */
export function checkRewind(length: number, committed: number): void {
  if (!Number.isSafeInteger(length) || length < 0 || length > committed) {
    refuse(`rewind got ${length}; expected 0 to ${committed}.`, 'Rewind to an earlier committed length.')
  }
}

/** Throws `BAD_OPTION` unless there is an entry for each sub-layer. */
export function checkSkipped(skipped: Uint8Array, subLayers: number): void {
  if (skipped.length === subLayers) return
  refuse(
    `skipping.fork got ${skipped.length} entries; expected ${subLayers}.`,
    'Give one for the attention and one for the feed-forward block of each layer.',
  )
}

function chain(rows: number): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => row - 1)
}

function indices(rows: number): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => row)
}

function refuse(message: string, fix: string): never {
  throw new ForetokenError('BAD_OPTION', message, { fix })
}
