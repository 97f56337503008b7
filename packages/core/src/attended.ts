import type { Drafter } from './drafter.ts'
import { ForetokenError } from './errors.ts'

/** Why a generation went on without its drafter. */
export interface DraftingFailure {
  readonly drafter: string
  /** What it threw, or that it did not answer. */
  readonly reason: string
  /** Tokens generated before. */
  readonly tokens: number
}

/** A generation, as far as its drafter's failures go. */
export interface Attended {
  readonly drafter: Drafter | undefined
  /** Milliseconds. */
  readonly patience: number
  /** Tokens generated. */
  count: number
  /** Set once the drafter failed: it is not asked again. */
  failure?: DraftingFailure
}

/**
 * Runs a drafter's own code. What it throws, or an answer that does not come in time, ends drafting and not the generation. An
 * answer that comes later is dropped; code that never returns to the event loop cannot be left.
 * @returns What it gave; nothing without a drafter, or when it failed now or before.
 * @throws What `begin` refuses by a `ForetokenError`: before the first token that can still be put right.
 */
export async function attended<T>(
  generation: Attended,
  verb: 'begin' | 'draft' | 'commit',
  run: (drafter: Drafter) => T | Promise<T>,
): Promise<T | undefined> {
  const { drafter, patience, count, failure } = generation
  if (!drafter || failure) return undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    const answer = run(drafter)
    if (!(answer instanceof Promise)) return answer
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(reject, patience, `${verb} did not answer within ${patience} ms`)
    })
    return await Promise.race([answer, late])
  } catch (cause) {
    if (verb === 'begin' && ForetokenError.is(cause)) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    generation.failure = { drafter: drafter.manifest.name, reason, tokens: count }
    return undefined
  } finally {
    clearTimeout(timer)
  }
}
