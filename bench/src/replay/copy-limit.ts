import { type CostCurve, stepMilliseconds } from '@foretoken/controller'
import { grouped } from '../statistics.ts'
import type { Recording } from './recordings.ts'

/** The most that copying from the text before can win. */
export interface CopyLimit {
  /** Tokens a round, where rounds are chosen for speed. */
  readonly tokensPerRound: number
  /** Plain decoding's time over the time of the rounds. */
  readonly speedup: number
  /** The same if rows cost nothing. */
  readonly freeRows: number
}

/** Levels of the longest draft. */
const LEVELS = 31

interface Rounds {
  readonly tokens: number
  readonly rounds: number
  readonly ms: number
  readonly plainMs: number
  readonly fewest: number
}

/**
 * What a drafter could win that knows the answer and may copy: in each round the longest of all continuations of earlier occurrences of the last
 * token, cut to whatever length makes the whole answer fastest. It drafts nothing that is rejected and takes no time.
 * @returns By category, and of all under `all`.
 */
export function copyLimit(recordings: readonly Recording[], curve: CostCurve): Record<string, CopyLimit> {
  const all = recordings.map((recording) => ({ category: recording.category, ...roundsOf(recording, curve) }))
  const limits: Record<string, CopyLimit> = {}
  for (const [category, some] of grouped(all, ({ category }) => category)) limits[category] = limitOf(some)
  return { ...limits, all: limitOf(all) }
}

function limitOf(some: readonly Rounds[]): CopyLimit {
  const sum = (of: keyof Rounds): number => some.reduce((total, rounds) => total + rounds[of], 0)
  return {
    tokensPerRound: sum('tokens') / sum('rounds'),
    speedup: sum('plainMs') / sum('ms'),
    freeRows: sum('tokens') / sum('fewest'),
  }
}

/** The fastest way through one answer, found from its end. */
function roundsOf({ prompt, answer }: Recording, curve: CostCurve): Rounds {
  const text = [...prompt, ...answer]
  const end = text.length
  const copies = copiesOf(text, prompt.length)
  const step = (rows: number, at: number): number => stepMilliseconds(curve, rows, at)
  const fastest = new Float64Array(end + 1)
  const rounds = new Int32Array(end + 1)
  const fewest = new Int32Array(end + 1)
  let plainMs = 0
  for (let at = end - 1; at >= prompt.length; at--) {
    plainMs += step(1, at)
    fastest[at] = Infinity
    fewest[at] = 1 + fewest[at + copies[at]! + 1]!
    for (let length = 0; length <= copies[at]!; length++) {
      const ms = step(1 + length, at) + fastest[at + length + 1]!
      if (ms >= fastest[at]!) continue
      fastest[at] = ms
      rounds[at] = 1 + rounds[at + length + 1]!
    }
  }
  const from = prompt.length
  return { tokens: answer.length, rounds: rounds[from]!, ms: fastest[from]!, plainMs, fewest: fewest[from]! }
}

/** Tokens from each place of the answer on that stood before behind the token before it, [text]; one is left for the target. A copy may run into itself. */
function copiesOf(text: readonly number[], from: number): Int32Array {
  const copies = new Int32Array(text.length)
  const places = new Map<number, number[]>()
  for (let at = 1; at < text.length; at++) {
    const before = text[at - 1]!
    const earlier = places.get(before) ?? []
    const most = Math.min(LEVELS, text.length - 1 - at)
    for (const place of at >= from ? earlier : []) {
      let length = 0
      while (length < most && text[place + 1 + length] === text[at + length]) length++
      copies[at] = Math.max(copies[at]!, length)
    }
    earlier.push(at - 1)
    places.set(before, earlier)
  }
  return copies
}
