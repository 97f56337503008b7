/**
 * When to try again what the estimates advise against. The interval doubles after each failed probe and halves after a success;
 * it grows no further once probing costs less than half the loss that is allowed in the long run.
 */
export interface Probing {
  isDue(round: number): boolean
  /** Rounds until then; 0 or less when it is due. */
  dueIn(round: number): number
  /** @param price What the probe lost, in plain steps. */
  failed(round: number, price: number): void
  succeeded(round: number): void
  /** The text has changed: look again soon. */
  hasten(round: number): void
}

const SHORTEST = 8
const LONGEST = 4096

export function probing(epsilon: number): Probing {
  let interval = SHORTEST
  let last = -SHORTEST
  return {
    isDue: (round) => round - last >= interval,
    dueIn: (round) => last + interval - round,
    failed(round, price) {
      const enough = Math.min(LONGEST, Math.max(SHORTEST, (2 * price) / epsilon))
      interval = Math.min(2 * interval, Math.max(interval, enough))
      last = round
    },
    succeeded(round) {
      interval = Math.max(SHORTEST, interval / 2)
      last = round
    },
    hasten(round) {
      interval = SHORTEST
      last = Math.max(last, round - SHORTEST / 2)
    },
  }
}
