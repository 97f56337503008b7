/**
 * A pushdown automaton over bytes, made deterministic as far as a text reaches: a state is the set of threads alive after
 * some bytes, a thread a residual regex and the stack of what follows it. Stacks are shared and interned, as in XGrammar
 * (Dong et al. 2024, section 3.3), so a state that comes again is the same object, with its transitions and its mask.
 */
import { ForetokenError } from '@foretoken/core'
import type { Capture, GrammarSymbol } from './grammar.ts'
import { kept } from './kept.ts'
import { type Limits, overLimit } from './limits.ts'
import { EMPTY_TEXT, NOTHING, type Regex, type Regexes } from './regexes.ts'

/** Id of an interned stack; 0 is empty. */
export type Stack = number

/** Where a text stands in a grammar. Immutable but for what is remembered about it. */
export interface State {
  /** [threads]: what is left of the terminal of each thread. */
  readonly residuals: readonly Regex[]
  /** [threads]: what follows it. */
  readonly stacks: readonly Stack[]
  /** Whether the text may end here. */
  readonly accepts: boolean
}

export interface Machine {
  readonly start: State
  /** The state after one more byte; undefined where the grammar does not allow it. */
  step(state: State, byte: number): State | undefined
  /** Where a text stands once everything below has been read: the threads that a stack begins with. */
  enter(stack: Stack): State
  /** Whether a stack goes on according to the text before it. */
  captures(stack: Stack): boolean
  readonly stateCount: number
}

interface Captured {
  readonly kind: 'captured'
  readonly capture: Capture
  readonly text: string
}

type Item = GrammarSymbol | Captured

/**
 * @throws UNSUPPORTED past a limit, or for a rule that leads to itself before any text.
 */
export function machine(regexes: Regexes, symbols: readonly GrammarSymbol[], limits: Limits): Machine {
  const stacks = stackStore(limits)
  const states = new Map<string, State>()
  const entered: (State | undefined)[] = []
  const steps = kept<State, (State | undefined | null)[]>(STEP_ROWS, () => 1)

  const stateOf = (threads: ReadonlyMap<number, Thread>, accepts: boolean): State => {
    if (threads.size > limits.threads) throw overLimit('threads', limits.threads)
    const keys = [...threads.keys()].sort((a, b) => a - b)
    const key = `${keys.join()}${accepts ? '!' : ''}`
    const known = states.get(key)
    if (known) return known
    if (states.size >= limits.states) throw overLimit('states', limits.states)
    const ordered = keys.map((each) => threads.get(each)!)
    const state = { residuals: ordered.map(([regex]) => regex), stacks: ordered.map(([, stack]) => stack), accepts }
    states.set(key, state)
    return state
  }
  const enter = (stack: Stack): State => {
    const known = entered[stack]
    if (known) return known
    const threads = new Map<number, Thread>()
    const seen = new Set<Stack>()
    let accepts = false
    const visit = (at: Stack, depth: number): void => {
      if (at === 0) accepts = true
      if (at === 0 || seen.has(at)) return
      seen.add(at)
      const { item, below } = stacks.top(at)
      if (depth > MOST_RULES) throw endless(item)
      if (seen.size > limits.threads) throw overLimit('threads', limits.threads)
      if (item.kind === 'terminal') {
        if (item.regex === NOTHING) return
        if (item.regex !== EMPTY_TEXT) addThread(threads, item.regex, captureFrom(below))
        if (regexes.isNullable(item.regex)) visit(captureFrom(below), depth)
      } else if (item.kind === 'rule') {
        for (const sequence of item.alternatives()) visit(stacks.pushAll(below, sequence), depth + 1)
      } else if (item.kind === 'captured') visit(stacks.pushAll(below, item.capture.follow(item.text)), depth + 1)
      else
        throw new ForetokenError('BAD_OPTION', 'A capture must follow a terminal.', { fix: 'Put it right after one.' })
    }
    visit(stack, 0)
    const state = stateOf(threads, accepts)
    entered[stack] = state
    return state
  }
  /** A capture on top begins with no text. */
  const captureFrom = (stack: Stack): Stack => {
    if (stack === 0) return stack
    const { item, below } = stacks.top(stack)
    return item.kind === 'capture' ? stacks.captured(below, item, '') : stack
  }
  const isCaptured = (stack: Stack): boolean => stack !== 0 && stacks.top(stack).item.kind === 'captured'
  const compute = (state: State, byte: number): State | undefined => {
    const threads = new Map<number, Thread>()
    let accepts = false
    for (let i = 0; i < state.residuals.length; i++) {
      const residual = regexes.next(state.residuals[i]!, byte)
      if (residual === NOTHING) continue
      const stack = isCaptured(state.stacks[i]!) ? stacks.longer(state.stacks[i]!, byte) : state.stacks[i]!
      if (residual !== EMPTY_TEXT) addThread(threads, residual, stack)
      if (!regexes.isNullable(residual)) continue
      const next = enter(stack)
      if (next.accepts) accepts = true
      for (let j = 0; j < next.residuals.length; j++) addThread(threads, next.residuals[j]!, next.stacks[j]!)
    }
    return threads.size > 0 || accepts ? stateOf(threads, accepts) : undefined
  }
  const rowOf = (state: State): (State | undefined | null)[] => {
    const known = steps.get(state)
    if (known) return known
    const row = new Array<State | undefined | null>(256).fill(null)
    steps.set(state, row)
    return row
  }
  return {
    start: enter(stacks.pushAll(0, symbols)),
    step(state, byte) {
      const row = rowOf(state)
      const known = row[byte]
      if (known !== null) return known
      const next = compute(state, byte)
      row[byte] = next
      return next
    },
    enter,
    captures: isCaptured,
    get stateCount() {
      return states.size
    },
  }
}

type Thread = readonly [Regex, Stack]

/** States whose transitions are kept, 2 KiB each. */
const STEP_ROWS = 16_384

/** Rules opened without a byte between. */
const MOST_RULES = 1000

function addThread(threads: Map<number, Thread>, regex: Regex, stack: Stack): void {
  threads.set(regex * 2 ** 26 + stack, [regex, stack])
}

function endless(item: Item): ForetokenError {
  const name = item.kind === 'rule' ? `The rule "${item.name}"` : 'A capture'
  return new ForetokenError('UNSUPPORTED', `${name} leads to itself before any text.`, {
    fix: 'Rewrite the left recursion as a repetition.',
  })
}

interface StackStore {
  top(stack: Stack): { readonly item: Item; readonly below: Stack }
  pushAll(below: Stack, symbols: readonly GrammarSymbol[]): Stack
  captured(below: Stack, capture: Capture, text: string): Stack
  /** One more byte captured. */
  longer(stack: Stack, byte: number): Stack
}

function stackStore(limits: Limits): StackStore {
  const items: Item[] = []
  const itemIds = new Map<Item, number>()
  const capturedItems = new Map<string, Captured>()
  const tops: number[] = [-1]
  const belows: Stack[] = [-1]
  const ids = new Map<number, Stack>()
  const idOf = (item: Item): number => {
    const known = itemIds.get(item)
    if (known !== undefined) return known
    itemIds.set(item, items.length)
    return items.push(item) - 1
  }
  const push = (below: Stack, item: Item): Stack => {
    const id = idOf(item)
    const key = id * 2 ** 26 + below
    const known = ids.get(key)
    if (known !== undefined) return known
    if (tops.length >= limits.states) throw overLimit('states', limits.states)
    tops.push(id)
    belows.push(below)
    ids.set(key, tops.length - 1)
    return tops.length - 1
  }
  const captured = (below: Stack, capture: Capture, text: string): Stack => {
    const key = `${idOf(capture)} ${text}`
    const item = capturedItems.get(key) ?? ({ kind: 'captured', capture, text } as const)
    capturedItems.set(key, item)
    return push(below, item)
  }
  return {
    top: (stack) => ({ item: items[tops[stack]!]!, below: belows[stack]! }),
    pushAll: (below, symbols) => symbols.reduceRight((stack, symbol) => push(stack, symbol), below),
    captured,
    longer(stack, byte) {
      const item = items[tops[stack]!] as Captured
      return captured(belows[stack]!, item.capture, item.text + String.fromCharCode(byte))
    },
  }
}
