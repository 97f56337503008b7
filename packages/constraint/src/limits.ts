import { ForetokenError } from '@foretoken/core'

/** Bounds of the work that a grammar may cause; past one, `UNSUPPORTED` is thrown. */
export interface Limits {
  /** Distinct residual regexes. Default 400,000. */
  readonly regexes: number
  /** Distinct stacks and states of one grammar. Default 400,000. */
  readonly states: number
  /** Threads alive at once. Default 20,000. */
  readonly threads: number
  /** Regexes looked at to decide whether one matches anything. Default 50,000. */
  readonly emptiness: number
  /** Milliseconds that compiling a grammar takes, and each mask or token after that. Default 10,000. */
  readonly milliseconds: number
  /**
   * Bytes that the caches of a vocabulary hold at most, about: automaton rows (half of it), parts of masks by regex, whole
   * masks by state (a quarter each). No error: what is not asked for is forgotten, and computed again. Default 256 MiB.
   */
  readonly cacheBytes: number
}

export const LIMITS: Limits = {
  regexes: 400_000,
  states: 400_000,
  threads: 20_000,
  emptiness: 50_000,
  milliseconds: 10_000,
  cacheBytes: 2 ** 28,
}

export function overLimit(name: keyof Limits, limit: number): ForetokenError {
  return new ForetokenError('UNSUPPORTED', `The constraint needs more than ${limit} ${name}.`, {
    fix: 'Simplify it, or raise the limit.',
    details: { limit: name, value: limit },
  })
}

/** A part of a constraint that cannot be enforced: which, and where it stands. */
export function notEnforceable(what: string, path: string, why: string): ForetokenError {
  return new ForetokenError('UNSUPPORTED', `${what} at ${path || 'the top'} cannot be enforced: ${why}.`, {
    fix: 'Remove or rewrite it.',
    details: { what, path, why },
  })
}

/** Grammars nest as deep as the runtime's stack allows: its end is a limit like the others. */
export function withinStack<Result>(name: string, run: () => Result): Result {
  try {
    return run()
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new ForetokenError('UNSUPPORTED', `${shortened(name)} is nested too deeply.`, {
      fix: 'Simplify it, or give the runtime a larger stack.',
      cause,
    })
  }
}

const MOST_CHARACTERS = 200

/** The beginning of what may be endless, for messages. */
export const shortened = (text: string): string =>
  text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text
