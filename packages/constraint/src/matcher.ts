import { badOption, type DraftShape, ForetokenError } from '@foretoken/core'
import type { Grammar } from './grammar.ts'
import { shortened, withinStack } from './limits.ts'
import { type Machine, machine, type State } from './machine.ts'
import { masksOf } from './masks.ts'
import { NOTHING } from './regexes.ts'
import type { Shared, Vocabulary } from './vocabulary.ts'

/** A grammar ready for a vocabulary: matchers are cheap and share all that is learned. */
export interface Constraint {
  readonly name: string
  readonly vocabulary: Vocabulary
  /**
   * A matcher at the beginning of a text. What texts have taught is shared, and begun anew once it has grown large: matchers at
   * work keep theirs, and a constraint serves any number of texts.
   */
  matcher(): Matcher
  /** Distinct states that are shared now. */
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
  let parts = partsOf(grammar, vocabulary)
  const constraint: Constraint = {
    name: grammar.name,
    vocabulary,
    matcher() {
      if (parts.isWorn()) parts = partsOf(grammar, vocabulary)
      return matcherAt(constraint, parts, [parts.machine.start])
    },
    get stateCount() {
      return parts.machine.stateCount
    },
  }
  return constraint
}

/** What the matchers of a constraint share, until it is worn. */
function partsOf({ name, build }: Grammar, vocabulary: Vocabulary): Parts {
  const shared = vocabulary.shared()
  const { regexes } = shared
  const { limits } = vocabulary
  let hasFailed = false
  const guarded = <Result>(run: () => Result): Result => {
    try {
      return withinStack(name, () => regexes.clock.timed(run))
    } catch (error) {
      // What was being found out then may be left half done.
      hasFailed = true
      throw error
    }
  }
  const machine_ = guarded(() => machine(regexes, build(regexes), limits))
  if (machine_.start.residuals.length === 0 && !machine_.start.accepts) {
    throw new ForetokenError('UNSUPPORTED', `No text satisfies ${shortened(name)}.`, { fix: 'Allow one.' })
  }
  const masks = masksOf(machine_, vocabulary, shared.reach)
  const mostStates = between(machine_.size, limits.states)
  const mostRegexes = between(regexes.size, limits.regexes)
  return {
    machine: machine_,
    shared,
    vocabulary,
    guarded,
    masks: (state) => guarded(() => masks(state)),
    isStop: new Set(vocabulary.stopTokens),
    isWorn: () => hasFailed || machine_.size > mostStates || regexes.size > mostRegexes,
  }
}

/** Where what has grown from here leaves as much for the matchers at work. */
const between = (size: number, limit: number): number => size + (limit - size) / 2

/** A text that a stop token has ended. */
const FINISHED: State = { id: -1, residuals: [], stacks: [], accepts: false }

interface Parts {
  readonly machine: Machine
  readonly shared: Shared
  readonly vocabulary: Vocabulary
  readonly masks: (state: State) => Uint32Array
  readonly isStop: ReadonlySet<number>
  /** Runs work within the limits of stack and time. */
  guarded<Result>(run: () => Result): Result
  /** Whether texts so far have left little of the limits, so that new matchers had better begin anew. */
  isWorn(): boolean
}

function after({ machine, vocabulary, isStop, guarded }: Parts, state: State, token: number): State | undefined {
  if (isStop.has(token)) return state.accepts ? FINISHED : undefined
  if (!(token >= 0 && token < vocabulary.size)) return undefined
  const { bytes, starts } = vocabulary
  const [start, end] = [starts[token]!, starts[token + 1]!]
  if (start === end) return undefined
  return guarded(() => {
    let at: State | undefined = state
    for (let i = start; at && i < end; i++) at = machine.step(at, bytes[i]!)
    return at
  })
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
    forced: (limit = 256) => parts.guarded(() => forcedBytes(parts, now(), limit)),
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
  return new ForetokenError('BAD_OPTION', `Token ${token} is not allowed here by ${shortened(constraint.name)}.`, {
    fix: 'Choose among the tokens of the mask.',
    details: { token },
  })
}
