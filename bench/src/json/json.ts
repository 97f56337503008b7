import { loadModel } from '@foretoken/backend-node'
import type { Tokenizer } from '@foretoken/checkpoint'
import { type Constraint, constrain, vocabulary } from '@foretoken/constraint'
import { type JsonSchemaOptions, jsonSchema } from '@foretoken/constraint-json-schema'
import type { DecodeOptions, Model } from '@foretoken/core'
import { exactMatch } from '@foretoken/verifier-exact-match'
import type { ChartSpec } from '../chart.ts'
import { firstDifference } from '../first-difference.ts'
import { feed, type ModelChoice, prepared } from '../model.ts'
import { type CommonOptions, type Findings, say } from '../report.ts'
import { runTurn, type TurnStats } from '../spec/turn.ts'
import { median, rotated } from '../statistics.ts'
import { table } from '../table.ts'
import { CONTESTANTS, type Contestant, timed } from './contestants.ts'
import { type JsonTask, TASKS } from './tasks.ts'

export interface JsonOptions extends CommonOptions, ModelChoice {
  readonly threads: number
  readonly tokens: number
  readonly repetitions: number
  readonly temperature: number
  readonly whitespace: NonNullable<JsonSchemaOptions['whitespace']>
  readonly tasks?: number
}

/** A contestant on one task in one repetition. */
interface Trial {
  readonly task: string
  readonly contestant: string
  readonly repetition: number
  readonly stats: TurnStats
  /** Milliseconds in the constraint: of masks and of following the text, by the processor. */
  readonly constraintMs: number
  readonly isWhole: boolean
  /** Whether the tokens are those of constrained plain decoding. */
  readonly isIdentical: boolean
}

/** What must be reached: speed of the best contestant by plain decoding's, and the constraint's share of a step. */
const LEAST_SPEEDUP = 1.8
const MOST_COST = 0.03

interface Stage {
  readonly model: Model
  readonly tokenizer: Tokenizer
  readonly options: JsonOptions
  readonly compile: (task: JsonTask) => Constraint
}

/** JSON by schema: unconstrained, constrained, and with drafts that know the grammar, in turns on the same prompts. */
export async function json(options: JsonOptions): Promise<Findings> {
  const { folder, tokenizer } = await prepared(options)
  await using model = await loadModel(folder, { threads: options.threads })
  const words = vocabulary(tokenizer)
  const compile = ({ schema }: JsonTask) => constrain(jsonSchema(schema, { whitespace: options.whitespace }), words)
  const stage: Stage = { model, tokenizer, options, compile }
  const tasks = TASKS.slice(0, options.tasks)
  // As a server would have it after its first request.
  await play(stage, tasks[0]!, 0)
  const trials: Trial[] = []
  for (let repetition = 0; repetition < options.repetitions; repetition++) {
    for (const task of tasks) trials.push(...(await play(stage, task, repetition)))
    say(`${repetition + 1} of ${options.repetitions} repetitions`)
  }
  const contestants = CONTESTANTS.map(({ name }) => summaryOf(name, trials))
  const best = Math.max(...contestants.map(({ speedup }) => speedup))
  const cost = Math.max(...contestants.map(({ constraintShare }) => constraintShare))
  const differing = trials.filter(({ isIdentical }) => !isIdentical).length
  const whole = trials.filter(({ isWhole }) => isWhole).length / trials.length
  const brief = { speedup: best, constraintShare: cost, differing, whole, contestants }
  const { model: name, threads, tokens, repetitions, temperature, whitespace } = options
  return {
    settings: {
      model: name,
      threads,
      tokens,
      repetitions,
      temperature,
      whitespace,
      tasks: tasks.map((task) => task.name),
    },
    results: { ...brief, trials },
    brief,
    text: textFor(contestants),
    chart: chartFor(contestants, whitespace),
    holds: best >= LEAST_SPEEDUP && cost <= MOST_COST && differing === 0,
  }
}

/** All contestants on one task. The prompt is fed once; each begins at its end, with a constraint that has no masks yet. */
async function play(stage: Stage, task: JsonTask, repetition: number): Promise<Trial[]> {
  const { model, tokenizer, options, compile } = stage
  const prompt = promptOf(tokenizer, task)
  model.rewind(0)
  await feed(model, prompt.subarray(0, -1))
  const { tokenIds: answer } = await run(stage, prompt, CONTESTANTS[1]!, compile(task), options.tokens)
  const trials: Trial[] = []
  for (const contestant of rotated(CONTESTANTS, repetition)) {
    const constraint = compile(task)
    const turn = await run(stage, prompt, contestant, constraint, answer.length)
    const isConstrained = contestant.name !== 'plain'
    trials.push({
      task: task.name,
      contestant: contestant.name,
      repetition,
      stats: turn.stats,
      constraintMs: turn.constraintMs,
      isWhole: tokenizer.stopTokens.includes(answer.at(-1)!),
      isIdentical: !isConstrained || firstDifference(answer, turn.tokenIds) === undefined,
    })
  }
  return trials
}

async function run(
  { model, tokenizer, options }: Stage,
  prompt: Int32Array,
  { parts }: Contestant,
  constraint: Constraint,
  maxTokens: number,
) {
  model.rewind(prompt.length - 1)
  const { drafter, isConstrained } = parts({ constraint, tokenizer })
  const meter = timed(constraint, prompt.length)
  const given: DecodeOptions = {
    model,
    prompt,
    maxTokens,
    temperature: options.temperature,
    seed: options.seed,
    // What is not constrained goes on to the same length.
    ...(isConstrained && { processors: [meter.processor], stopTokens: tokenizer.stopTokens }),
    ...(drafter && { drafter, verifier: exactMatch() }),
  }
  const turn = await runTurn(given)
  await drafter?.dispose()
  return { ...turn, constraintMs: meter.milliseconds() }
}

function promptOf(tokenizer: Tokenizer, { schema, prompt }: JsonTask): Int32Array {
  const system = `Answer with JSON that fits this JSON Schema:\n${JSON.stringify(schema)}`
  const messages = [
    { role: 'system', content: system },
    { role: 'user', content: prompt },
  ]
  return tokenizer.encode(tokenizer.applyChatTemplate(messages, { addGenerationPrompt: true }), { special: true })
}

const msOf = ({ stats }: Trial): number => stats.decodeMs + stats.firstMs
const speedOf = (trial: Trial): number => trial.stats.tokens / msOf(trial)

function summaryOf(name: string, trials: readonly Trial[]) {
  const mine = trials.filter(({ contestant }) => contestant === name)
  const ratios = mine.map((trial) => {
    const plain = trials.find(
      ({ contestant, task, repetition }) =>
        contestant === 'plain' && task === trial.task && repetition === trial.repetition,
    )!
    return speedOf(trial) / speedOf(plain)
  })
  const sum = (of: (trial: Trial) => number): number => mine.reduce((total, trial) => total + of(trial), 0)
  return {
    name,
    /** Median over tasks and repetitions of the ratio to the plain run beside it. */
    speedup: median(ratios),
    tokensPerSecond: (1000 * sum(({ stats }) => stats.tokens)) / sum(msOf),
    acceptedShare: sum(({ stats }) => stats.accepted) / sum(({ stats }) => stats.tokens),
    tokensPerRound: sum(({ stats }) => stats.tokens) / sum(({ stats }) => stats.rounds),
    rowsPerRound: 1 + sum(({ stats }) => stats.drafted) / sum(({ stats }) => stats.rounds),
    draftShare: sum(({ stats }) => stats.draftMs) / sum(msOf),
    constraintShare: sum(({ constraintMs }) => constraintMs) / sum(msOf),
    byTask: TASKS.map((task) => [task.name, median(ratios.filter((_, i) => mine[i]!.task === task.name))]).filter(
      ([, ratio]) => Number.isFinite(ratio),
    ),
  }
}

/** Speed of every contestant by plain decoding's, its tasks as points. */
function chartFor(contestants: readonly ReturnType<typeof summaryOf>[], whitespace: string): ChartSpec {
  const order = contestants.map(({ name }) => name)
  const y = { field: 'name', type: 'nominal', title: null, sort: order }
  const x = {
    field: 'speedup',
    type: 'quantitative',
    title: 'tokens/s by unconstrained plain decoding, median and tasks',
  }
  const tasks = contestants.flatMap(({ name, byTask }) => byTask.map(([task, speedup]) => ({ name, task, speedup })))
  return {
    title: `JSON by schema, whitespace ${whitespace}`,
    encoding: { y },
    layer: [
      { data: { values: contestants.map(({ name, speedup }) => ({ name, speedup })) }, mark: 'bar', encoding: { x } },
      { data: { values: tasks }, mark: { type: 'point', color: 'black', size: 20 }, encoding: { x } },
      { data: { values: [{ bar: LEAST_SPEEDUP }] }, mark: 'rule', encoding: { x: { datum: LEAST_SPEEDUP }, y: null } },
    ],
  }
}

function textFor(contestants: readonly ReturnType<typeof summaryOf>[]): string {
  const columns = [
    { title: 'contestant' },
    { title: 'speedup', digits: 2 },
    { title: 'tokens/s', digits: 1 },
    { title: 'accepted', digits: 2 },
    { title: 'tokens a round', digits: 2 },
    { title: 'rows a round', digits: 2 },
    { title: 'draft share', digits: 3 },
    { title: 'constraint share', digits: 3 },
  ]
  return table(
    columns,
    contestants.map((each) => [
      each.name,
      each.speedup,
      each.tokensPerSecond,
      each.acceptedShare,
      each.tokensPerRound,
      each.rowsPerRound,
      each.draftShare,
      each.constraintShare,
    ]),
  )
}
