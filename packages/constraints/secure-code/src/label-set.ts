import { badOption, checkNumber, ForetokenError, logSumExp } from '@foretoken/core'

/** A label's token ids: one, or several that spell it. */
export type Label = number | readonly number[]

/** @throws BAD_OPTION */
export function labelsOf(method: string, labels: readonly Label[]): readonly (readonly number[])[] {
  const all = Array.isArray(labels) ? labels.map((label) => (typeof label === 'number' ? [label] : label)) : []
  const isFit = (label: unknown): boolean =>
    Array.isArray(label) && label.length > 0 && label.every((id) => Number.isInteger(id) && id >= 0)
  if (all.length > 0 && all.every(isFit)) return all
  throw badOption(method, 'labels', `is ${JSON.stringify(labels)}`, 'token ids, or lists of token ids, at least one')
}

/** Last tokens of the labels that only need one more token after this history. */
export function nextOfLabels(labels: readonly (readonly number[])[], history: readonly number[]): number[] {
  const isBegun = (label: readonly number[]): boolean => {
    const from = history.length - label.length + 1
    if (from < 0) return false
    for (let i = 0; i < label.length - 1; i++) if (history[from + i] !== label[i]) return false
    return true
  }
  return labels.flatMap((label) => (isBegun(label) ? [label.at(-1)!] : []))
}

/** @throws VOCABULARY_MISMATCH for a label beyond the logits: it would be watched for in vain. */
export function checkInside(ids: readonly number[], size: number): void {
  const stranger = ids.find((id) => id >= size)
  if (stranger === undefined) return
  throw new ForetokenError(
    'VOCABULARY_MISMATCH',
    `The label ${stranger} is beyond the ${size} tokens that the model scores; a token that it was trained to write was expected.`,
    { fix: 'Pass label ids of the fine-tuned model.', details: { label: stranger, size } },
  )
}

/** Probability that the next token is one of these, at temperature 1, before any other processor. */
export function massOf(logits: Float32Array, ids: readonly number[]): number {
  if (ids.length === 0) return 0
  const total = logSumExp(logits)
  return ids.reduce((sum, id) => sum + Math.exp(logits[id]! - total), 0)
}

/** @throws BAD_OPTION for what is no probability below 1. */
export function checkThreshold(method: string, threshold: unknown): void {
  checkNumber(method, 'threshold', threshold, 0, 1)
  if (threshold === 1) throw badOption(method, 'threshold', 'is 1', 'a number from 0, and below 1: nothing is above it')
}
