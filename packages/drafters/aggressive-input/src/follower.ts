/** Follows an output along its input: copies move on, other tokens leave it, a unique end comes back to it. */
import type { Alignment } from './alignment.ts'

export interface Follower {
  /** The output grew by `token`. */
  advance(token: number): void
  /** The next `count` tokens of the input, or what is left of them; none while the place is not known. */
  rest(count: number): { readonly tokens: Int32Array; readonly confidence: Float32Array }
}

/** After d tokens copied in a row the next one is copied with probability near d / (d + ESCAPE). */
const ESCAPE = 1.5

/** An output that begins where it is expected counts as this many copied tokens. */
const BEGINNING = 2

/** Longest n-gram that an `Alignment` may look up. */
const TAIL = 16

/**
 * @param start Where the output is expected to begin in the input, or −1.
 * @param isNearest Whether the nearest of several places is taken.
 */
export function follower({ input, align }: Alignment, start: number, isNearest: boolean): Follower {
  /** The last tokens of the output. */
  const tail: number[] = []
  /** Position of the input's token that is expected next, or −1. */
  let at = start
  /** Tokens in a row that agree with the input before `at`. */
  let copied = start < 0 ? 0 : BEGINNING
  /** Where the output stood in the input when it last copied a token. */
  let left = 0

  function realign(): void {
    at = align(tail, isNearest ? left : undefined)
    copied = 0
    while (copied < tail.length && copied < at && tail.at(-1 - copied) === input[at - 1 - copied]) copied++
  }

  return {
    advance(token) {
      tail.push(token)
      if (tail.length > TAIL) tail.shift()
      if (at >= 0 && input[at] === token) {
        at++
        copied++
        left = at
      } else realign()
    },
    rest(count) {
      const length = at < 0 ? 0 : Math.min(count, input.length - at)
      const confidence = Float32Array.from({ length }, (_, i) => (copied + i) / (copied + i + ESCAPE))
      return { tokens: input.slice(Math.max(at, 0), Math.max(at, 0) + length), confidence }
    },
  }
}
