import { rotated } from '../statistics.ts'

/** Plain decoding in a schedule. */
export const PLAIN = -1

/**
 * Who runs beside whom on a question, and in what order: groups of one plain run and the one or two compositions that are compared with
 * it. From turn to turn, who goes first alternates.
 * @param count Compositions.
 * @param turn Counts questions and their turns.
 * @returns Groups of indexes of compositions and `PLAIN`.
 */
export function schedule(count: number, turn: number): number[][] {
  const groups: number[][] = []
  for (let first = 0; first < count; first += 2) {
    groups.push(first + 1 < count ? [first, PLAIN, first + 1] : [first, PLAIN])
  }
  return rotated(groups, turn).map((group) => (turn % 2 === 0 ? group : group.reverse()))
}
