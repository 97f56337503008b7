import { loadModel } from '@foretoken/backend-node'
import type { Model } from '@foretoken/core'
import { feed, type ModelChoice, prepared, textTokens } from './model.ts'
import { type CommonOptions, type Findings, say } from './report.ts'
import { type RoundCost, roundCost, sampledRoundCost } from './round-cost.ts'
import { median, medianRatio, rotated } from './statistics.ts'
import { stepsChart, stepsText } from './steps-report.ts'

export interface StepsOptions extends CommonOptions, ModelChoice {
  readonly contexts: readonly number[]
  /** Rows fed in one step. */
  readonly rows: readonly number[]
  readonly repetitions: number
  /** Rounds, greedy and sampled, over which the cost outside the model is measured. */
  readonly rounds: number
  readonly threads: number
  /** Text that is fed. */
  readonly data?: string | undefined
}

/** Cost of a step of so many rows, logits of each row included. */
export interface StepCost {
  readonly context: number
  readonly rows: number
  readonly ms: number
  /** Median of this step's time over that of one row in the same repetition. */
  readonly steps: number
}

export interface StepsResults {
  readonly curve: readonly StepCost[]
  readonly round: RoundCost
  /** At temperature 1, eight rows all accepted. */
  readonly sampledRound: RoundCost
}

/** What a forward pass costs by rows and by context, and what a round costs outside the model, greedy and sampled. */
export async function steps(options: StepsOptions): Promise<Findings> {
  const handle = await prepared(options)
  const rows = [...new Set([1, ...options.rows])].sort((a, b) => a - b)
  const contexts = [...options.contexts].sort((a, b) => a - b)
  const tokens = await textTokens(handle.tokenizer, contexts.at(-1)! + rows.at(-1)!, options.data)
  const { threads, repetitions } = options
  // In this thread: the pass itself is what is measured.
  const model = await loadModel(handle.folder, { threads, worker: false, maximumRows: Math.max(64, rows.at(-1)!) })
  try {
    const curve: StepCost[] = []
    for (const context of contexts) curve.push(...(await costs(model, tokens, context, rows, repetitions)))
    const round = await roundCost(model, tokens.subarray(0, contexts[0]), options.rounds)
    const sampledRound = await sampledRoundCost(model, tokens.subarray(0, contexts[0]), options.rounds)
    const results = { curve, round, sampledRound }
    return {
      settings: { model: options.model, contexts, rows, repetitions, rounds: options.rounds, threads },
      results: { ...results },
      text: stepsText(results),
      chart: stepsChart(results),
    }
  } finally {
    await model.dispose()
  }
}

async function costs(
  model: Model,
  tokens: Int32Array,
  context: number,
  rows: readonly number[],
  repetitions: number,
): Promise<StepCost[]> {
  model.rewind(0)
  await feed(model, tokens.subarray(0, context))
  const times = new Map(rows.map((count) => [count, [] as number[]]))
  const time = async (count: number): Promise<number> => {
    const input = { tokens: tokens.subarray(context, context + count) }
    const start = performance.now()
    await model.step(input)
    return performance.now() - start
  }
  // The first pass of each size allocates.
  for (const count of rows) await time(count)
  for (let i = 0; i < repetitions; i++) {
    for (const count of rotated(rows, i)) times.get(count)!.push(await time(count))
  }
  say(`context ${context}: one row ${median(times.get(1)!).toFixed(1)} ms`)
  return rows.map((count) => ({
    context,
    rows: count,
    ms: median(times.get(count)!),
    steps: medianRatio(times.get(count)!, times.get(1)!),
  }))
}
