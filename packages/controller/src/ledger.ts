/**
 * The ledger: what drafting has won and lost against plain decoding, in plain steps. A round wins the plain steps its tokens
 * would have taken less what it took. A round with a draft that loses everything loses w; it is affordable only while
 * gains − w ≥ −(epsilon · tokens + allowance), so no text and no drafter can make the loss larger, as far as costs are true. What earlier
 * generations won may be lost again, up to a second `allowance`: a stretch of bad luck must not end the drafting where it pays.
 */
export interface Ledger {
  /** Starts a generation: nothing won, nothing lost. */
  begin(): void
  /** Goes on from steps that were won before the first `begin`. */
  resume(won: number): void
  /** Steps that may be lost now without passing the bound. */
  headroom(): number
  /** Follows a round of `steps` plain steps that committed `tokens`. */
  add(tokens: number, steps: number, isExploration: boolean): void
  /** Steps won since `begin`; negative when lost. */
  readonly gains: number
  /**
   * rho: tokens per plain step in the long run, at least 1. What a step of time is worth: by the renewal-reward theorem the rate is
   * highest when each round makes tokens − rho · steps largest.
   */
  readonly pace: number
  /** Steps won in all. */
  readonly won: number
  /** Steps lost to exploration, and all steps, since the first `begin`. */
  readonly explored: number
  readonly steps: number
  readonly tokens: number
}

/** The pace's memory: half of it fades in this many rounds. */
const HALF_LIFE = 64
const KEEP = 2 ** (-1 / HALF_LIFE)
/** Rounds that the starting pace of 1 counts for. */
const START = 4

export function ledger(epsilon: number, allowance: number): Ledger {
  let gains = 0
  let generated = 0
  let earlier = 0
  let [recentTokens, recentSteps] = [START, START]
  let [tokens, steps, explored] = [0, 0, 0]
  let before = 0
  return {
    begin() {
      earlier = Math.min(allowance, Math.max(0, before + tokens - steps))
      gains = 0
      generated = 0
    },
    resume(won) {
      before = won
    },
    headroom: () => gains + epsilon * generated + allowance + earlier,
    add(roundTokens, roundSteps, isExploration) {
      gains += roundTokens - roundSteps
      generated += roundTokens
      recentTokens = recentTokens * KEEP + roundTokens
      recentSteps = recentSteps * KEEP + roundSteps
      tokens += roundTokens
      steps += roundSteps
      if (isExploration) explored += roundSteps - roundTokens
    },
    get gains() {
      return gains
    },
    get pace() {
      return Math.max(1, recentTokens / recentSteps)
    },
    get won() {
      return before + tokens - steps
    },
    get explored() {
      return explored
    },
    get steps() {
      return steps
    },
    get tokens() {
      return tokens
    },
  }
}
