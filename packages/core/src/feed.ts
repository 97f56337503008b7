import type { Draft } from './drafter.ts'
import { ForetokenError } from './errors.ts'
import type { Model, StepOutput } from './model.ts'
import { isChain } from './tree.ts'

/** Passes without logits: prefill wants none. */
const NO_ROWS = new Int32Array(0)

/**
 * Scores `pending`, committed tokens that the cache lacks, and the draft behind them. Pending tokens that do not fit into one
 * step with the draft are fed and committed in chunks first; the last step commits nothing.
 * @param pending [tokens], at least one.
 * @returns Logits of row `base`, the last pending token, and of every draft node.
 * @throws ABORTED between forward passes.
 */
export async function feed(
  model: Model,
  pending: Int32Array,
  draft: Draft,
  signal: AbortSignal | undefined,
  wants: 'logits' | 'argmax' = 'logits',
): Promise<{ output: StepOutput; base: number }> {
  const nodes = draft.tokens.length
  let rest = pending
  while (rest.length + nodes > model.maximumRows) {
    const tokens = rest.subarray(0, Math.min(model.maximumRows, rest.length - 1))
    await model.step({ tokens, logitsFor: NO_ROWS })
    throwIfAborted(signal)
    model.commit(rows(0, tokens.length))
    rest = rest.subarray(tokens.length)
  }
  const base = rest.length - 1
  const tokens = new Int32Array(rest.length + nodes)
  tokens.set(rest)
  tokens.set(draft.tokens, rest.length)
  const logitsFor = rows(base, base + 1 + nodes)
  const output = await model.step(
    isChain(draft) ? { tokens, logitsFor, wants } : { tokens, logitsFor, wants, parents: parentRows(draft, base) },
  )
  throwIfAborted(signal)
  return { output, base }
}

/** Parents of pending rows and draft nodes as rows of one step. */
function parentRows(draft: Draft, base: number): Int32Array {
  const parents = rows(-1, base + draft.tokens.length)
  parents.set(
    draft.parents!.map((parent) => base + 1 + parent),
    base + 1,
  )
  return parents
}

/** Integers in [from, to). */
export function rows(from: number, to: number): Int32Array {
  return new Int32Array(to - from).map((_, i) => from + i)
}

/** @throws ABORTED with the signal's reason as cause. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return
  throw new ForetokenError('ABORTED', 'The generation was aborted by its signal.', {
    fix: 'Nothing is lost: call again with the tokens so far as the prompt.',
    cause: signal.reason,
  })
}
