import { bootstrap, grouped, median } from '../statistics.ts'
import type { Trial } from './measure.ts'

/** What a composition did on some questions at a temperature, beside plain decoding of the same questions. */
export interface Summary {
  readonly questions: number
  /** Turns: some questions have two. */
  readonly turns: number
  readonly tokens: number
  /**
   * Plain decoding's time for a token over this composition's, each the ratio of sums over all questions. Equal outputs make
   * it the ratio of the total decoding times. Prefill is in neither.
   */
  readonly speedup: number
  /** 95 % percentile interval of `speedup` by bootstrap over questions; null for a single question. */
  readonly speedupInterval: readonly [number, number] | null
  /** Median over questions of the question's own ratio. */
  readonly medianSpeedup: number
  /** As `speedup`, with prefill and the first round, which begin the drafter, on both sides. */
  readonly wholeSpeedup: number
  /** 1 + accepted / rounds. */
  readonly meanAcceptanceLength: number
  /** accepted / drafted nodes. */
  readonly acceptanceRate: number
  /** Share of the rounds that drafted level k + 1 in which it was accepted. */
  readonly acceptanceByDepth: readonly number[]
  readonly rounds: number
  /** Committed tokens by rows fed, 1 when every drafted node was accepted: what of the target's work became text. */
  readonly roundEfficiency: number
  /** Time of a round in plain steps. */
  readonly roundCost: number
  /** Milliseconds for each token: in the drafter, in the target, elsewhere; and plain decoding's whole time. */
  readonly draftMs: number
  readonly verifyMs: number
  readonly otherMs: number
  readonly plainMs: number
  /** Tokens a second. */
  readonly tokensPerSecond: number
  readonly plainTokensPerSecond: number
  /** Whether every output that must be the plain run's was; null where none must. */
  readonly identical: boolean | null
}

/** Sums of one question's turns. */
interface Sums {
  readonly decodeMs: number
  readonly decodeTokens: number
  readonly plainMs: number
  readonly plainTokens: number
  readonly wholeMs: number
  readonly tokens: number
  readonly plainWholeMs: number
  readonly plainAll: number
}

/** Depths of which at least this many rounds tell something. */
const TELLING_ROUNDS = 20

/** Sums up trials of one composition at one temperature. */
export function summarize(trials: readonly Trial[], seed: number): Summary {
  const questions = [...grouped(trials, ({ id }) => id).values()].map(sumsOf)
  const ours = trials.map((trial) => trial.ours)
  const rounds = total(ours, 'rounds')
  const [drafted, accepted, tokens] = [total(ours, 'drafted'), total(ours, 'accepted'), total(ours, 'tokens')]
  const decoded = total(ours, 'decodeTokens')
  const all = added(questions)
  const [perToken, plainPerToken] = [all.decodeMs / all.decodeTokens, all.plainMs / all.plainTokens]
  // The first round of each turn is in no time.
  const timedRounds = rounds - trials.length
  const due = trials.filter(({ mustMatch }) => mustMatch)
  return {
    questions: questions.length,
    turns: trials.length,
    tokens,
    speedup: speedupOf(all),
    speedupInterval: questions.length > 1 ? intervalOf(questions, seed) : null,
    medianSpeedup: median(questions.map(speedupOf).filter(Number.isFinite)),
    wholeSpeedup: all.plainWholeMs / all.plainAll / (all.wholeMs / all.tokens),
    meanAcceptanceLength: 1 + accepted / rounds,
    acceptanceRate: drafted > 0 ? accepted / drafted : 0,
    acceptanceByDepth: acceptanceByDepth(trials),
    rounds,
    roundEfficiency: (accepted + rounds) / (drafted + rounds),
    roundCost: all.decodeMs / timedRounds / plainPerToken,
    draftMs: total(ours, 'draftMs') / decoded,
    verifyMs: total(ours, 'verifyMs') / decoded,
    otherMs: total(ours, 'otherMs') / decoded,
    plainMs: plainPerToken,
    tokensPerSecond: 1000 / perToken,
    plainTokensPerSecond: 1000 / plainPerToken,
    identical: due.length === 0 ? null : due.every(({ differsAt }) => differsAt === undefined),
  }
}

function sumsOf(turns: readonly Trial[]): Sums {
  const [ours, plain] = [turns.map((trial) => trial.ours), turns.map((trial) => trial.plain)]
  const prefillMs = turns.reduce((sum, trial) => sum + trial.prefillMs, 0)
  return {
    decodeMs: total(ours, 'decodeMs'),
    decodeTokens: total(ours, 'decodeTokens'),
    plainMs: total(plain, 'decodeMs'),
    plainTokens: total(plain, 'decodeTokens'),
    wholeMs: prefillMs + total(ours, 'firstMs') + total(ours, 'decodeMs'),
    tokens: total(ours, 'tokens'),
    plainWholeMs: prefillMs + total(plain, 'firstMs') + total(plain, 'decodeMs'),
    plainAll: total(plain, 'tokens'),
  }
}

const speedupOf = ({ decodeMs, decodeTokens, plainMs, plainTokens }: Sums): number =>
  plainMs / plainTokens / (decodeMs / decodeTokens)

function intervalOf(questions: readonly Sums[], seed: number): [number, number] {
  return bootstrap(questions.length, (indexes) => speedupOf(drawn(questions, indexes)), { seed })
}

function added(list: readonly Sums[]): Sums {
  const sum = (key: keyof Sums): number => total(list, key)
  return {
    decodeMs: sum('decodeMs'),
    decodeTokens: sum('decodeTokens'),
    plainMs: sum('plainMs'),
    plainTokens: sum('plainTokens'),
    wholeMs: sum('wholeMs'),
    tokens: sum('tokens'),
    plainWholeMs: sum('plainWholeMs'),
    plainAll: sum('plainAll'),
  }
}

function drawn(list: readonly Sums[], indexes: Int32Array): Sums {
  return added(Array.from(indexes, (i) => list[i]!))
}

function total<Key extends string>(list: readonly Readonly<Record<Key, number>>[], key: Key): number {
  return list.reduce((sum, item) => sum + item[key], 0)
}

function acceptanceByDepth(trials: readonly Trial[]): number[] {
  const [drafted, accepted]: [number[], number[]] = [[], []]
  for (const { ours } of trials) {
    for (const [depth, count] of ours.draftedByDepth.entries()) {
      drafted[depth] = (drafted[depth] ?? 0) + count
      accepted[depth] = (accepted[depth] ?? 0) + (ours.acceptedByDepth[depth] ?? 0)
    }
  }
  const end = drafted.findIndex((count) => count < TELLING_ROUNDS)
  return drafted.slice(0, end < 0 ? drafted.length : end).map((count, depth) => accepted[depth]! / count)
}
