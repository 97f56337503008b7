import { type ErrorCode, ForetokenError, type Model, type StepInput } from '@foretoken/core'

/** Parent row of `row`; −1 is the last committed position. */
export function parentRow(input: Pick<StepInput, 'parents'>, row: number): number {
  return input.parents === undefined ? row - 1 : input.parents[row]!
}

/** Refuses all that `Model.step` promises to refuse. */
export function checkStep(
  input: StepInput,
  facts: Pick<Model, 'vocabularySize' | 'contextLength' | 'maximumRows'>,
  length: number,
): void {
  const { tokens, parents, logitsFor } = input
  const rows = tokens.length
  demand(rows >= 1 && rows <= facts.maximumRows, `Step of ${rows} rows; expected 1 to ${facts.maximumRows}.`)
  for (const token of tokens) {
    demand(token >= 0 && token < facts.vocabularySize, `Token ${token}; expected one below ${facts.vocabularySize}.`)
  }
  demand(parents === undefined || parents.length === rows, `There are ${parents?.length} parents for ${rows} rows.`)
  const depths: number[] = []
  for (let row = 0; row < rows; row++) {
    const parent = parentRow(input, row)
    demand(parent >= -1 && parent < row, `Row ${row} has parent ${parent}; expected −1 to ${row - 1}.`)
    depths[row] = parent < 0 ? 0 : depths[parent]! + 1
    const position = length + depths[row]!
    demand(
      position < facts.contextLength,
      `Position ${position} of a context of ${facts.contextLength}.`,
      'CONTEXT_FULL',
    )
  }
  let before = -1
  for (const row of logitsFor ?? []) {
    demand(row > before && row < rows, `Logits of row ${row}; expected ascending rows below ${rows}.`)
    before = row
  }
}

/** Refuses rows that are no path of the last step. */
export function checkCommit(rows: Int32Array, last: StepInput | undefined): void {
  if (rows.length === 0) return
  demand(last !== undefined, 'Commit without a step since the last commit or rewind.')
  let before = -1
  for (const row of rows) {
    demand(row >= 0 && row < last.tokens.length, `Commit of row ${row} of a step of ${last.tokens.length}.`)
    const parent = parentRow(last, row)
    demand(parent === before, `Commit of row ${row} after ${before}, but its parent is ${parent}.`)
    before = row
  }
}

function demand(holds: boolean, message: string, code: ErrorCode = 'BAD_OPTION'): asserts holds {
  if (!holds) throw new ForetokenError(code, message, { fix: 'See the contract of Model in @foretoken/core.' })
}
