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

/** What a drafter is asked to do. */
type Verb = 'begin' | 'draft' | 'commit'

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
 * answer that comes later is dropped; code that never returns to the event loop cannot be left. An answer that is there at once is
 * given at once: a round has no time for promises that nobody needs.
 * @returns What it gave; nothing without a drafter, or when it failed now or before.
 * @throws What `begin` refuses by a `ForetokenError`: before the first token that can still be put right.
 */
export function attended<T>(
  generation: Attended,
  verb: Verb,
  run: (drafter: Drafter) => T | Promise<T>,
): T | undefined | Promise<T | undefined> {
  const { drafter, patience, count, failure } = generation
  if (!drafter || failure) return undefined
  const fail = (cause: unknown): undefined => {
    if (verb === 'begin' && ForetokenError.is(cause)) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    generation.failure = { drafter: drafter.manifest.name, reason, tokens: count }
  }
  try {
    const answer = run(drafter)
    return isPromise(answer) ? inTime(answer, patience, verb).catch(fail) : answer
  } catch (cause) {
    return fail(cause)
  }
}

function inTime<T>(answer: Promise<T>, patience: number, verb: Verb): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, patience, `${verb} did not answer within ${patience} ms`)
  })
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}

/** True for an answer that is still to come. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | undefined)?.then === 'function'
}
