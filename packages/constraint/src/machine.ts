/**
 * A pushdown automaton over bytes, made deterministic as far as a text reaches: a state is the set of threads alive after
 * some bytes, a thread a residual regex and the stack of what follows it. Stacks are shared and interned, as in XGrammar
 * (Dong et al. 2024, section 3.3), so a state that comes again is the same object, with its transitions and its mask.
 */
import { ForetokenError } from '@foretoken/core'
import type { Capture, GrammarSymbol } from './grammar.ts'
import { interned } from './interned.ts'
import { type Limits, overLimit } from './limits.ts'
import { EMPTY_TEXT, NOTHING, type Regex, type Regexes } from './regexes.ts'
import { MOST_STATES, steps } from './steps.ts'

/** Id of an interned stack; 0 is empty. */
export type Stack = number

/** Where a text stands in a grammar. Immutable but for what is remembered about it. */
export interface State {
  readonly id: number
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
  /** Of states or stacks, whichever are more: what `limits.states` bounds. */
  readonly size: number
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
  const threads = threadList()
  const ids = interned()
  const states: State[] = []
  const entered: (State | undefined)[] = []
  const known = steps(MOST_STEPS)

  /** The state of the threads listed from `from` on, which are taken off the list. */
  const stateOf = (from: number, accepts: boolean): State => {
    const key = threads.take(from, accepts)
    if (key.length - 1 > limits.threads) throw overLimit('threads', limits.threads)
    const found = ids.find(key, key.length)
    if (found >= 0) return states[found]!
    if (states.length >= Math.min(limits.states, MOST_STATES)) throw overLimit('states', limits.states)
    const id = ids.add(key, key.length)
    const list = Array.from(key.subarray(0, -1))
    const residuals = list.map((thread) => Math.floor(thread / MOST_STACKS))
    states.push({ id, residuals, stacks: list.map((thread) => thread % MOST_STACKS), accepts })
    return states[id]!
  }
  const enter = (stack: Stack): State => {
    const found = entered[stack]
    if (found) return found
    const from = threads.length
    const seen = new Set<Stack>()
    let accepts = false
    const visit = (at: Stack, depth: number): void => {
      if (at === 0) accepts = true
      if (at === 0 || seen.has(at)) return
      seen.add(at)
      const { item, below } = stacks.top(at)
      if (seen.size > limits.threads) throw overLimit('threads', limits.threads)
      if (item.kind === 'terminal') {
        if (item.regex === NOTHING) return
        if (item.regex !== EMPTY_TEXT) threads.add(item.regex, captureFrom(below))
        if (regexes.isNullable(item.regex)) visit(captureFrom(below), depth)
      } else if (item.kind === 'rule') {
        if (depth > MOST_RULES) throw endless(item.name)
        for (const sequence of item.alternatives()) visit(stacks.pushAll(below, sequence), depth + 1)
      } else if (item.kind === 'captured') visit(stacks.pushAll(below, item.capture.follow(item.text)), depth + 1)
      else
        throw new ForetokenError('BAD_OPTION', 'A capture must follow a terminal.', { fix: 'Put it right after one.' })
    }
    visit(stack, 0)
    const state = stateOf(from, accepts)
    while (entered.length <= stack) entered.push(undefined)
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
    threads.clear()
    regexes.clock.tick(state.residuals.length)
    let accepts = false
    for (let i = 0; i < state.residuals.length; i++) {
      const residual = regexes.next(state.residuals[i]!, byte)
      if (residual === NOTHING) continue
      const stack = isCaptured(state.stacks[i]!) ? stacks.longer(state.stacks[i]!, byte) : state.stacks[i]!
      if (residual !== EMPTY_TEXT) threads.add(residual, stack)
      if (!regexes.isNullable(residual)) continue
      const next = enter(stack)
      regexes.clock.tick(next.residuals.length)
      if (next.accepts) accepts = true
      for (let j = 0; j < next.residuals.length; j++) threads.add(next.residuals[j]!, next.stacks[j]!)
    }
    return threads.length > 0 || accepts ? stateOf(0, accepts) : undefined
  }
  return {
    start: enter(stacks.pushAll(0, symbols)),
    step(state, byte) {
      regexes.clock.tick()
      const target = known.get(state.id, byte)
      if (target !== undefined) return states[target]
      const next = compute(state, byte)
      if (next || state.residuals.length > FEW) known.set(state.id, byte, next ? next.id : -1)
      return next
    },
    enter,
    captures: isCaptured,
    get stateCount() {
      return states.length
    },
    get size() {
      return Math.max(states.length, stacks.size)
    },
  }
}

/** Transitions kept. */
const MOST_STEPS = 2 ** 20

/** Rules opened without a byte between. */
const MOST_RULES = 1000

/** Stacks of a machine; a thread is one number, its residual times this and its stack. */
const MOST_STACKS = 2 ** 26

interface ThreadList {
  readonly length: number
  add(regex: Regex, stack: Stack): void
  clear(): void
  /** Takes the threads from `from` on off: each once, in order, and whether the text may end. Borrowed until the next `add`. */
  take(from: number, accepts: boolean): Float64Array
}

function threadList(): ThreadList {
  let list = new Float64Array(16)
  let length = 0
  const push = (thread: number): void => {
    if (length === list.length) {
      const more = new Float64Array(2 * length)
      more.set(list)
      list = more
    }
    list[length++] = thread
  }
  return {
    get length() {
      return length
    },
    add: (regex, stack) => push(regex * MOST_STACKS + stack),
    clear() {
      length = 0
    },
    take(from, accepts) {
      sort(list, from, length)
      let end = from
      for (let i = from; i < length; i++) if (i === from || list[i] !== list[end - 1]) list[end++] = list[i]!
      length = end
      push(Number(accepts))
      const taken = list.subarray(from, length)
      length = from
      return taken
    },
  }
}

function endless(name: string): ForetokenError {
  return new ForetokenError('UNSUPPORTED', `The rule "${name}" leads to itself before any text.`, {
    fix: 'Rewrite the left recursion as a repetition.',
  })
}

/** Most states have few threads: that none of so many goes on is seen again as fast as it is looked up. */
const FEW = 8

function sort(list: Float64Array, from: number, to: number): void {
  if (to - from > FEW) {
    list.subarray(from, to).sort()
    return
  }
  for (let i = from + 1; i < to; i++) {
    const each = list[i]!
    let at = i
    for (; at > from && list[at - 1]! > each; at--) list[at] = list[at - 1]!
    list[at] = each
  }
}

interface StackStore {
  readonly size: number
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
  const ids = interned()
  const key = new Float64Array(2)
  const idOf = (item: Item): number => {
    const known = itemIds.get(item)
    if (known !== undefined) return known
    itemIds.set(item, items.length)
    return items.push(item) - 1
  }
  const push = (below: Stack, item: Item): Stack => {
    key[0] = idOf(item)
    key[1] = below
    const found = ids.find(key, 2)
    if (found >= 0) return found + 1
    if (tops.length >= limits.states) throw overLimit('states', limits.states)
    ids.add(key, 2)
    tops.push(key[0])
    belows.push(below)
    return tops.length - 1
  }
  const captured = (below: Stack, capture: Capture, text: string): Stack => {
    const key = `${idOf(capture)} ${text}`
    const item = capturedItems.get(key) ?? ({ kind: 'captured', capture, text } as const)
    capturedItems.set(key, item)
    return push(below, item)
  }
  return {
    get size() {
      return tops.length
    },
    top: (stack) => ({ item: items[tops[stack]!]!, below: belows[stack]! }),
    pushAll: (below, symbols) => symbols.reduceRight((stack, symbol) => push(stack, symbol), below),
    captured,
    longer(stack, byte) {
      const item = items[tops[stack]!] as Captured
      return captured(belows[stack]!, item.capture, item.text + String.fromCharCode(byte))
    },
  }
}
