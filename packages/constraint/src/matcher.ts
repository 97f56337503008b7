import { badOption, type DraftShape, ForetokenError } from '@foretoken/core'
import type { Grammar } from './grammar.ts'
import { type Machine, machine, type State } from './machine.ts'
import { masksOf } from './masks.ts'
import { NOTHING } from './regexes.ts'
import type { Shared, Vocabulary } from './vocabulary.ts'

/** A grammar ready for a vocabulary: matchers are cheap and share all that is learned. */
export interface Constraint {
  readonly name: string
  readonly vocabulary: Vocabulary
  /** A matcher at the beginning of a text. */
  matcher(): Matcher
  /** Distinct states seen so far. */
  readonly stateCount: number
}

/** Follows one text through a grammar, token by token. */
export interface Matcher {
  readonly constraint: Constraint
  /** Tokens advanced by. */
  readonly length: number
  /** Whether the text may end here. */
  readonly isComplete: boolean
  /** Whether the text may end here and no token but a stop token can follow. */
  readonly mustEnd: boolean
  /** Whether a stop token has ended the text. */
  readonly isFinished: boolean
  /**
   * Tokens allowed next, [⌈vocabulary / 32⌉]: bit `id % 32` of word `id >> 5`. Stop tokens are allowed exactly where the text
   * may end. Borrowed: do not write to it.
   */
  mask(): Uint32Array
  isAllowed(token: number): boolean
  /** @throws BAD_OPTION for a token that is not allowed; the matcher stays as it was. */
  advance(token: number): void
  /** Takes back the last `n` tokens. */
  rollback(n: number): void
  /** An independent matcher at the same place. */
  fork(): Matcher
  /** How many of these tokens, one after another, are allowed from here. The matcher stays as it is. */
  accepts(tokens: ArrayLike<number>): number
  /** Bytes that every continuation begins with, up to `limit`; none where the text may end. Default limit 256. */
  forced(limit?: number): Uint8Array
  /** The mask after each node of a draft tree, undefined after a node that is not allowed. */
  treeMasks(draft: DraftShape): (Uint32Array | undefined)[]
}

/**
 * Makes a grammar ready for a vocabulary.
 * @throws UNSUPPORTED, naming what cannot be enforced or which limit was passed.
 */
export function constrain(grammar: Grammar, vocabulary: Vocabulary): Constraint {
  const shared = vocabulary.shared()
  const machine_ = withinStack(grammar.name, () =>
    machine(shared.regexes, grammar.build(shared.regexes), vocabulary.limits),
  )
  const masks = masksOf(machine_, vocabulary, shared.reach)
  const parts: Parts = {
    machine: machine_,
    shared,
    vocabulary,
    masks: (state) => withinStack(grammar.name, () => masks(state)),
    isStop: new Set(vocabulary.stopTokens),
  }
  const constraint: Constraint = {
    name: grammar.name,
    vocabulary,
    matcher: () => matcherAt(constraint, parts, [machine_.start]),
    get stateCount() {
      return machine_.stateCount
    },
  }
  return constraint
}

/** Grammars nest as deep as the runtime's stack allows: its end is a limit like the others. */
function withinStack<Result>(name: string, run: () => Result): Result {
  try {
    return run()
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new ForetokenError('UNSUPPORTED', `${name} is nested too deeply.`, {
      fix: 'Simplify it, or give the runtime a larger stack.',
      cause,
    })
  }
}

/** A text that a stop token has ended. */
const FINISHED: State = { id: -1, residuals: [], stacks: [], accepts: false }

interface Parts {
  readonly machine: Machine
  readonly shared: Shared
  readonly vocabulary: Vocabulary
  readonly masks: (state: State) => Uint32Array
  readonly isStop: ReadonlySet<number>
}

function after({ machine, vocabulary, isStop }: Parts, state: State, token: number): State | undefined {
  if (isStop.has(token)) return state.accepts ? FINISHED : undefined
  if (!(token >= 0 && token < vocabulary.size)) return undefined
  const bytes = vocabulary.tokenBytes(token)
  let at: State | undefined = bytes.length === 0 ? undefined : state
  for (let i = 0; at && i < bytes.length; i++) at = machine.step(at, bytes[i]!)
  return at
}

function matcherAt(constraint: Constraint, parts: Parts, history: State[]): Matcher {
  const { masks } = parts
  const now = (): State => history.at(-1)!
  return {
    constraint,
    get length() {
      return history.length - 1
    },
    get isComplete() {
      return now().accepts
    },
    get mustEnd() {
      return now().accepts && isOnly(masks(now()), parts.isStop)
    },
    get isFinished() {
      return now() === FINISHED
    },
    mask: () => masks(now()),
    isAllowed: (token) => after(parts, now(), token) !== undefined,
    advance(token) {
      const next = after(parts, now(), token)
      if (!next) throw notAllowed(constraint, token)
      history.push(next)
    },
    rollback(n) {
      if (!(Number.isInteger(n) && n >= 0 && n < history.length)) {
        throw badOption('constraint', 'n', `is ${n}`, `an integer from 0 to ${history.length - 1}`)
      }
      history.length -= n
    },
    fork: () => matcherAt(constraint, parts, [...history]),
    accepts(tokens) {
      let state: State | undefined = now()
      for (let i = 0; i < tokens.length; i++) {
        state = after(parts, state, tokens[i]!)
        if (!state) return i
      }
      return tokens.length
    },
    forced: (limit = 256) => forcedBytes(parts, now(), limit),
    treeMasks({ tokens, parents }) {
      const states: (State | undefined)[] = []
      for (let i = 0; i < tokens.length; i++) {
        const parent = parents ? parents[i]! : i - 1
        const from = parent < 0 ? now() : states[parent]
        states.push(from && after(parts, from, tokens[i]!))
      }
      return states.map((state) => state && masks(state))
    },
  }
}

/** Whether a mask has no bits but these. */
function isOnly(mask: Uint32Array, ids: ReadonlySet<number>): boolean {
  return mask.every((bits, word) => {
    for (let bit = 0; bits !== 0 && bit < 32; bit++) {
      if ((bits & (1 << bit)) !== 0 && !ids.has(word * 32 + bit)) return false
    }
    return true
  })
}

function forcedBytes({ machine, shared }: Parts, from: State, limit: number): Uint8Array {
  const forced: number[] = []
  let state = from
  while (forced.length < limit && !state.accepts) {
    const byte = onlyNext(state, shared)
    const next = byte < 0 ? undefined : machine.step(state, byte)
    if (!next) break
    forced.push(byte)
    state = next
  }
  return Uint8Array.from(forced)
}

/** The byte that every thread begins with, or −1. */
function onlyNext(state: State, { regexes }: Shared): number {
  let only = -1
  for (const residual of state.residuals) {
    for (let byte = 0; byte < 256; byte++) {
      if (byte === only || regexes.next(residual, byte) === NOTHING) continue
      if (only >= 0) return -1
      only = byte
    }
  }
  return only
}

function notAllowed(constraint: Constraint, token: number): ForetokenError {
  return new ForetokenError('BAD_OPTION', `Token ${token} is not allowed here by ${constraint.name}.`, {
    fix: 'Choose among the tokens of the mask.',
    details: { token },
  })
}
