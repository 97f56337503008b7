import { type DecodeOptions, decode, type Guarantee, type RoundStats } from '@foretoken/core'

/** What one generation did. Its first round, which ends the prompt's prefill, is in no time but `firstMs`. */
export interface TurnStats {
  readonly tokens: number
  /** Tokens after the first round, and the time they took. */
  readonly decodeTokens: number
  readonly decodeMs: number
  /** `decodeMs` in the drafter, in the target's passes, and elsewhere. */
  readonly draftMs: number
  readonly verifyMs: number
  readonly otherMs: number
  /** From the call to the first committed token, with the prompt in the cache: the drafter's beginning, and one round. */
  readonly firstMs: number
  readonly rounds: number
  /** Nodes drafted, nodes accepted. */
  readonly drafted: number
  readonly accepted: number
  /** Rounds whose draft reached level k + 1, and how many of them accepted that level. */
  readonly draftedByDepth: readonly number[]
  readonly acceptedByDepth: readonly number[]
}

export interface Turn {
  /** New tokens, the stop token included. */
  readonly tokenIds: Int32Array
  readonly guarantee: Guarantee
  readonly stats: TurnStats
}

/** Generates to the end and keeps the time of the first round apart. */
export async function runTurn(options: DecodeOptions): Promise<Turn> {
  const [turn] = await runTurns([options])
  return turn as Turn
}

/**
 * Runs generations side by side, round by round: whoever has the fewest tokens goes on, the first of them where several have, so that a
 * machine whose speed changes by the second is as fast for each. What they run on must be their own: forks of one model.
 * @returns A turn for each of `all`, in their order.
 */
export async function runTurns(all: readonly DecodeOptions[]): Promise<Turn[]> {
  const open = all.map((options) => ({ rounds: byRound(options), tokens: 0, turn: undefined as Turn | undefined }))
  for (;;) {
    const [behind] = open.filter(({ turn }) => turn === undefined).sort((a, b) => a.tokens - b.tokens)
    if (behind === undefined) return open.map(({ turn }) => turn as Turn)
    const next = await behind.rounds.next()
    if (next.done) behind.turn = next.value
    else behind.tokens = next.value
  }
}

/** Yields how many tokens there are after each round. */
async function* byRound(options: DecodeOptions): AsyncGenerator<number, Turn, undefined> {
  const tokenIds: number[] = []
  const rounds: RoundStats[] = []
  let firstTokens = 0
  const runs = decode(options)
  for (;;) {
    const next = await runs.next()
    if (next.done) {
      const { guarantee, stats } = next.value
      const rest = timesOf(rounds.slice(1))
      return {
        tokenIds: Int32Array.from(tokenIds),
        guarantee,
        stats: {
          tokens: stats.tokens,
          decodeTokens: stats.tokens - firstTokens,
          decodeMs: rest.draftMs + rest.verifyMs + rest.otherMs,
          ...rest,
          firstMs: stats.prefillMs,
          rounds: stats.rounds,
          drafted: stats.drafted,
          accepted: stats.accepted,
          draftedByDepth: stats.draftedByPosition,
          acceptedByDepth: stats.acceptedByPosition,
        },
      }
    }
    if (rounds.length === 0) firstTokens = next.value.tokenIds.length
    rounds.push(next.value.stats)
    tokenIds.push(...next.value.tokenIds)
    yield tokenIds.length
  }
}

function timesOf(rounds: readonly RoundStats[]): Pick<TurnStats, 'draftMs' | 'verifyMs' | 'otherMs'> {
  const sum = { draftMs: 0, verifyMs: 0, otherMs: 0 }
  for (const { draftMs, verifyMs, otherMs } of rounds) {
    sum.draftMs += draftMs
    sum.verifyMs += verifyMs
    sum.otherMs += otherMs
  }
  return sum
}
