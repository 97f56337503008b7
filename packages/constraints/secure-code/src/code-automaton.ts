/** Texts that keep to rules, as an automaton whose states are numbered as they are met. */
import { type ByteAutomaton, NOTHING, type Regex, type Regexes } from '@foretoken/constraint'
import type { Follower, Position } from './follow.ts'
import { readableText } from './hidden.ts'
import type { Place } from './lexer.ts'

const utf8 = new TextEncoder()

interface State extends Position {
  /** What may follow for the text to be readable UTF-8. */
  readonly text: Regex
}

/** Orders in which bytes are tried: what one makes may break another rule. */
const ORDERS = ['abcdefghijklmnopqrstuvwxyz', 'zyxwvutsrqponmlkjihgfedcba', '0123456789', ' \n;(){}"'].map((first) => {
  const bytes = Array.from(first, (char) => char.charCodeAt(0))
  return [...bytes, ...[...Array(256).keys()].slice(32), 10].filter((byte, i, all) => all.indexOf(byte) === i)
})
/** Residuals looked at for what a rule still needs. */
const MOST_RESIDUALS = 4000
/** Rules satisfied one after another. */
const MOST_ROUNDS = 12

export interface CodeAutomaton extends ByteAutomaton {
  /** The state of a text that begins where other code has led. */
  stateAt(position: Position): number
}

/** @returns An automaton with no dead ends: a state is alive where a text to its end is known. */
export function codeAutomaton(follow: Follower, regexes: Regexes): CodeAutomaton {
  const states: State[] = []
  const ids = new Map<string, number>()
  const alive = new Map<number, boolean>()
  const accepting: (boolean | undefined)[] = []
  const restOfCharacter = shortestTo(regexes, regexes.isNullable)
  // A blank stands at the end of a unit.
  const restOfUnit = shortestTo(regexes, (regex) => regexes.isNullable(regexes.next(regex, 32)))
  const intern = (state: State): number => {
    const key = `${state.place.id}:${state.text}:${state.rest.join()}`
    const id = ids.get(key) ?? states.push(state) - 1
    ids.set(key, id)
    return id
  }
  function next(id: number, byte: number): number {
    const state = states[id]!
    const text = regexes.next(state.text, byte)
    if (text === NOTHING) return -1
    let isBroken = false
    const position = follow.next(state, byte, (_, event) => {
      isBroken ||= event === 'broken'
    })
    return isBroken || !position ? -1 : intern({ ...position, text })
  }
  function accepts(id: number): boolean {
    const state = states[id]!
    accepting[id] ??= regexes.isNullable(state.text) && follow.watches.every((_, watch) => follow.mayEnd(state, watch))
    return accepting[id]
  }
  /** States on the way along these bytes; undefined where a rule is broken. */
  function along(from: number, bytes: Uint8Array): number[] | undefined {
    const path: number[] = []
    let at = from
    for (const byte of bytes) {
      at = next(at, byte)
      if (at < 0) return undefined
      path.push(at)
    }
    return path
  }
  /** The shortest text that the first open demand asks for, none where it has no text. */
  function demand(id: number, order: number): Uint8Array | undefined {
    const { text, rest } = states[id]!
    if (!regexes.isNullable(text)) return restOfCharacter(text, order)
    const watch = follow.watches.findIndex((_, i) => !follow.mayEnd(states[id]!, i))
    return restOfUnit(rest[watch]!, order)
  }
  /** Satisfies one demand after another, from behind `path`. */
  function wayToEnd(from: number, path: readonly number[], order: number): number[] | undefined {
    const way = [...path]
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const at = way.at(-1) ?? from
      if (accepts(at)) return way
      const bytes = demand(at, order)
      const further = bytes && bytes.length > 0 ? along(at, bytes) : undefined
      if (!further) return undefined
      way.push(...further)
    }
    return undefined
  }
  function isAlive(id: number): boolean {
    const known = alive.get(id)
    if (known !== undefined) return known
    const character = restOfCharacter(states[id]!.text, 0) ?? []
    const out = accepts(id) ? [] : waysOut(states[id]!.place)
    for (let i = 0; i < out.length * ORDERS.length; i++) {
      const path = along(id, Uint8Array.of(...character, ...utf8.encode(out[i % out.length])))
      const way = path && wayToEnd(id, path, Math.floor(i / out.length))
      if (!way) continue
      for (const each of way) alive.set(each, true)
      alive.set(id, true)
      return true
    }
    alive.set(id, accepts(id))
    return accepts(id)
  }
  const text = readableText(regexes)
  const stateAt = (position: Position): number => intern({ ...position, text })
  return { start: stateAt(follow.start), stateAt, next, accepts, isAlive }
}

/** Texts to try for what leads out of comments and strings, or ends a line. */
function waysOut({ mode, quote }: Place): readonly string[] {
  const close = String.fromCharCode(quote)
  switch (mode) {
    case 'code':
    case 'slash':
      return ['', '\n', '}', ' ']
    case 'line-comment':
      return ['\n']
    case 'block-comment':
    case 'star':
      return ['*/', '*/\n']
    case 'string':
    case 'dollar':
      return ['', close, '\n', `${close}\n`]
    case 'escape':
      return [' ', ` ${close}`, ' \n', ` ${close}\n`]
    default:
      return ['', '/', ' /', ']/', ' ]/', '\n']
  }
}

/** The shortest bytes after which `isDone`, by a search of a language's residuals in one of the `ORDERS`. */
function shortestTo(
  regexes: Regexes,
  isDone: (regex: Regex) => boolean,
): (regex: Regex, order: number) => Uint8Array | undefined {
  const known = new Map<string, Uint8Array | undefined>()
  function search(from: Regex, order: readonly number[]): Uint8Array | undefined {
    const ways = new Map<Regex, readonly number[]>([[from, []]])
    for (const [regex, way] of ways) {
      if (isDone(regex)) return Uint8Array.from(way)
      if (ways.size > MOST_RESIDUALS) return undefined
      const row = regexes.row(regex)
      for (const byte of order) {
        const residual = row[byte]!
        if (residual !== NOTHING && !ways.has(residual)) ways.set(residual, [...way, byte])
      }
    }
    return undefined
  }
  return (regex, order) => {
    const key = `${regex} ${order}`
    if (!known.has(key)) known.set(key, search(regex, ORDERS[order]!))
    return known.get(key)
  }
}
