import { ForetokenError } from '@foretoken/core'
import { metered } from '@foretoken/meter'
import { firstDifference } from '../first-difference.ts'
import type { ModelChoice } from '../model.ts'
import { type Question, spread } from '../questions.ts'
import { say } from '../report.ts'
import { type CompositionSpec, partsAt } from './composition.ts'
import {
  type Ground,
  generateSideBySide,
  generateTurn,
  opened,
  type Runner,
  rememberedCosts,
  usesSkipping,
  usingRunners,
  withReason,
} from './runners.ts'
import { PLAIN, schedule } from './schedule.ts'
import { type Talk, talk } from './talk.ts'
import type { Turn, TurnStats } from './turn.ts'

export interface MeasureOptions extends ModelChoice {
  readonly tokens: number
  readonly threads: number
  readonly seed: number
  readonly temperatures: readonly number[]
}

/** A composition on one turn of a question, and the plain run beside it. */
export interface Trial {
  readonly composition: string
  readonly temperature: number
  readonly id: number
  readonly category: string
  /** From 1. */
  readonly turn: number
  readonly promptTokens: number
  readonly prefillMs: number
  readonly ours: TurnStats
  readonly plain: TurnStats
  /** Whether the tokens must be those of the plain run: greedy and not lossy, or matched exactly. */
  readonly mustMatch: boolean
  /** First token that differs from the plain run. Without meaning where samples may differ. */
  readonly differsAt?: number
}

/** What of the optimal-transport bound a composition reached, on a few questions beside the timed ones. */
export interface BoundShare {
  readonly composition: string
  readonly temperature: number
  /** accepted / bound; 1 means that no lossless rule accepts more of these drafts. */
  readonly share: number
  /** Positions that a draft had candidates for. */
  readonly tested: number
}

export interface Measured {
  readonly trials: readonly Trial[]
  /** Of the temperatures above 0. */
  readonly shares: readonly BoundShare[]
  /** Compositions that could not be measured, and why. */
  readonly absent: Readonly<Record<string, string>>
}

/** Everything that a temperature's runs share. */
interface Stage extends Ground {
  readonly options: MeasureOptions
  readonly temperature: number
  readonly talk: Talk
  readonly runners: readonly Runner[]
}

/** One text for all, before anything is timed. */
const WARM_UP = 'Name three colours, then name the same three colours again.'

/** Runs compositions beside plain decoding over questions. */
export async function measure(
  compositions: readonly CompositionSpec[],
  questions: readonly Question[],
  options: MeasureOptions,
): Promise<Measured> {
  const target = await opened(options, true, compositions.some(usesSkipping))
  const absent: Record<string, string> = {}
  const trials: Trial[] = []
  const shares: BoundShare[] = []
  const costs = rememberedCosts(target.model)
  try {
    for (const temperature of options.temperatures) {
      const shared = { target, options, temperature, absent, costs: () => costs(temperature) }
      const pairs = compositions.flatMap((composition) => {
        const parts = partsAt(composition, temperature)
        return parts ? [{ name: composition.name, ...parts }] : []
      })
      const onStage = (use: (stage: Stage) => Promise<void>): Promise<void> =>
        usingRunners(pairs, shared, (runners) =>
          use({ ...shared, talk: talk(target.model, target.tokenizer), runners }),
        )
      await onStage(async (stage) => {
        if (stage.runners.length > 0) trials.push(...(await askAll(stage, questions)))
      })
      if (temperature === 0) continue
      // Built afresh: a drafter that remembers the timed run would know these answers, and with them the draws to come.
      await onStage(async (stage) => {
        shares.push(...(await boundShares(stage, questions)))
      })
    }
  } finally {
    await target.model.dispose()
  }
  return { trials: trials.filter(({ composition }) => !(composition in absent)), shares, absent }
}

async function askAll(stage: Stage, questions: readonly Question[]): Promise<Trial[]> {
  await askTurn(stage, { question: { question_id: 0, category: '', turns: [WARM_UP] }, at: 0, answers: [], count: 0 })
  const trials: Trial[] = []
  let count = 0
  for (const [i, question] of questions.entries()) {
    const answers: string[] = []
    for (let at = 0; at < question.turns.length; at++) {
      const asked = await askTurn(stage, { question, at, answers, count: count++ })
      if (!asked) break
      answers.push(stage.target.tokenizer.decode(asked.answer))
      trials.push(...asked.trials)
    }
    const wrong = trials.filter(({ mustMatch, differsAt }) => mustMatch && differsAt !== undefined).length
    if ((i + 1) % 10 === 0) {
      say(`temperature ${stage.temperature}: ${i + 1} of ${questions.length} questions, ${wrong} runs differ`)
    }
  }
  return trials
}

/** Questions on which shares are measured: reading laws takes time that a timed run must not have. */
const METERED = 12

async function boundShares(stage: Stage, questions: readonly Question[]): Promise<BoundShare[]> {
  const { options, temperature, absent } = stage
  const shares: BoundShare[] = []
  for (const runner of stage.runners) {
    const verifier = metered(runner.verifier)
    for (const [i, { turns }] of spread(questions, Math.min(METERED, questions.length)).entries()) {
      const asked = await stage.talk.ask(turns.slice(0, 1), [])
      if (!asked || runner.name in absent) continue
      await withReason(runner.name, absent, async () => {
        await generateTurn(stage, asked.prompt, { temperature, seed: options.seed + i }, { ...runner, verifier })
      })
    }
    const { share, tested } = verifier.meter()
    if (tested > 0) shares.push({ composition: runner.name, temperature, share, tested })
  }
  return shares
}

interface Ask {
  readonly question: Question
  /** Which turn of it, from 0. */
  readonly at: number
  /** Answers to the turns before. */
  readonly answers: readonly string[]
  /** Turns asked before. */
  readonly count: number
}

/**
 * One turn: the prompt is fed once, then every run begins at its end. The talk goes on with the plain run's answer, so that
 * all runs of the next turn have the same context.
 */
async function askTurn(
  stage: Stage,
  { question, at, answers, count }: Ask,
): Promise<{ readonly trials: readonly Trial[]; readonly answer: Int32Array } | undefined> {
  const { options, temperature, runners } = stage
  const asked = await stage.talk.ask(question.turns.slice(0, at + 1), answers)
  if (!asked) {
    say(`Question ${question.question_id}, turn ${at + 1}, does not fit into the context`)
    return undefined
  }
  const seed = options.seed + count
  const trials: Trial[] = []
  let answer: Int32Array | undefined
  for (const group of schedule(runners.length, count)) {
    const turns = await playGroup(stage, group, asked.prompt, seed)
    const plain = turns.get(PLAIN)!
    answer ??= plain.tokenIds
    for (const [index, turn] of turns) {
      if (index === PLAIN) continue
      const { name, verifier } = runners[index]!
      const differsAt = firstDifference(plain.tokenIds, turn.tokenIds)
      trials.push({
        composition: name,
        temperature,
        id: question.question_id,
        category: question.category,
        turn: at + 1,
        promptTokens: asked.prompt.length,
        prefillMs: asked.prefillMs,
        ours: turn.stats,
        plain: plain.stats,
        mustMatch: verifier.manifest.name === 'exact-match' || (temperature === 0 && turn.guarantee !== 'lossy'),
        ...(differsAt !== undefined && { differsAt }),
      })
    }
  }
  return { trials, answer: answer! }
}

/**
 * Turns of a group by index, without those that could not go on. Compositions and the plain run beside them go on round by round, so that
 * a machine whose speed changes is as fast for each; one after the other where one of them works while the others would run.
 */
async function playGroup(
  stage: Stage,
  group: readonly number[],
  prompt: Int32Array,
  seed: number,
): Promise<Map<number, Turn>> {
  const { temperature, runners, absent } = stage
  const present = group.filter((index) => index === PLAIN || !(runners[index]!.name in absent))
  const players = present.map((index) => runners[index])
  const choice = { temperature, seed }
  if (!players.some((runner) => runner?.worksAhead)) {
    try {
      const played = await generateSideBySide(stage, prompt, choice, players)
      return new Map(present.map((index, i) => [index, played[i]!]))
    } catch (error) {
      // Alone, each says itself what it lacks.
      if (!ForetokenError.is(error)) throw error
    }
  }
  const turns = new Map<number, Turn>()
  for (const index of present) {
    const runner = runners[index]
    const run = async (): Promise<void> => void turns.set(index, await generateTurn(stage, prompt, choice, runner))
    await (runner ? withReason(runner.name, absent, run) : run())
  }
  return turns
}
