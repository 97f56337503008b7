import { join } from 'node:path'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { firstDifference } from '../first-difference.ts'
import { type KeptLines, openKeptLines } from '../kept-lines.ts'
import type { ModelChoice } from '../model.ts'
import { RESULTS } from '../places.ts'
import { headCommit } from '../provenance.ts'
import { type Question, readQuestions, spread } from '../questions.ts'
import { type CommonOptions, type Findings, say } from '../report.ts'
import type { CompositionSpec } from '../spec/composition.ts'
import { compositionNames, readCompositions } from '../spec/compositions.ts'
import {
  type Ground,
  generateTurn,
  opened,
  type Runner,
  rememberedCosts,
  usesSkipping,
  usingRunners,
  withReason,
} from '../spec/runners.ts'
import { type Talk, talk } from '../spec/talk.ts'
import { knownAnswerTree } from './known-answer-tree.ts'
import { identicalPairs } from './pairs.ts'
import { pairKey, publishIdentity, readIdentity } from './published.ts'
import { type Trial, tableOf } from './summary.ts'

export interface IdentityOptions extends CommonOptions, ModelChoice {
  /** Spec-Bench's questions. */
  readonly data: string
  /** How many questions, spread over the categories. Default all. */
  readonly questions?: number | undefined
  readonly compositions: readonly string[]
  readonly temperatures: readonly number[]
  /** Stands in for the compositions' draft models that share the target's tokens. */
  readonly draftModel?: string | undefined
  readonly tokens: number
  readonly threads: number
  /** Stops after these; the next run goes on. */
  readonly minutes?: number | undefined
  readonly state?: string | undefined
  readonly fresh?: boolean | undefined
  /** Add what was identical to the file that `pnpm docs` reads, and ask nothing again that is there. */
  readonly publish?: boolean | undefined
}

const WHERE = 'data/spec_bench/question.jsonl of github.com/hemingkx/Spec-Bench'

/** Whether output with drafters is plain output, token for token, on the questions of Spec-Bench. */
export async function identity(options: IdentityOptions): Promise<Findings> {
  const { data, model, tokens, seed, temperatures, minutes = Infinity, draftModel = null } = options
  const all = await readQuestions(data)
  const run = { model, draftModel, tokens, seed, data }
  if (!all) {
    const skipped = `there is no file ${data}; give ${WHERE} with --data`
    return { settings: run, results: { skipped }, text: `Not measured: ${skipped}.` }
  }
  const questions = spread(all, options.questions ?? all.length)
  const names = options.compositions.includes('all') ? await compositionNames() : options.compositions
  const compositions = await readCompositions(names)
  const stem = `identity-${model.replace(/[^\w.-]+/g, '-')}-seed${seed}-tokens${tokens}.jsonl`
  const kept = await openKeptLines<Trial>(options.state ?? join(RESULTS, stem), run, options.fresh ?? false)
  const known = new Set<string>()
  for (const row of options.publish ? await readIdentity(run) : []) {
    for (const id of row.questions) known.add(keyOf({ ...row, id }))
  }
  const until = performance.now() + minutes * 60_000
  const absent = await compare({ options, compositions, questions, kept, known, until })
  if (options.publish) await publishIdentity(kept.rows, run)
  const asked = new Set(questions.map(({ question_id }) => question_id))
  const trials = kept.rows.filter(({ id, temperature }) => asked.has(id) && temperatures.includes(temperature))
  const holds = trials.length + known.size > 0 && trials.every(({ differsAt }) => differsAt === undefined)
  return {
    settings: { ...run, compositions: names, temperatures, questions: questions.length },
    results: { trials, absent },
    text: tableOf(trials, questions.length, absent),
    holds: holds && Object.keys(absent).length === 0,
  }
}

interface Comparison {
  readonly options: IdentityOptions
  readonly compositions: readonly CompositionSpec[]
  readonly questions: readonly Question[]
  readonly kept: KeptLines<Trial>
  /** Keys of what was published before. */
  readonly known: ReadonlySet<string>
  /** Time by `performance.now()` at which no other question is begun. */
  readonly until: number
}

/** @returns Pairs that could not go on, and why. */
async function compare(comparison: Comparison): Promise<Record<string, string>> {
  const { options, compositions } = comparison
  const target = await opened(options, true, compositions.some(usesSkipping))
  const costs = rememberedCosts(target.model)
  const absent: Record<string, string> = {}
  try {
    for (const temperature of options.temperatures) {
      const ground: Ground = { target, options, absent, costs: () => costs(temperature) }
      const pairs = await identicalPairs(compositions, temperature, options.draftModel)
      const methods = new Map(
        pairs.map(({ name, drafter, verifier }) => [name, [drafter.method, verifier.method] as const]),
      )
      await usingRunners(pairs, ground, (runners) => askAll(comparison, { ...ground, methods }, runners, temperature))
    }
  } finally {
    await target.model.dispose()
  }
  return absent
}

async function askAll(
  { options, questions, kept, known, until }: Comparison,
  ground: Ground & Pick<Asking['stage'], 'methods'>,
  runners: readonly Runner[],
  temperature: number,
): Promise<void> {
  const { model, tokenizer } = ground.target
  const stage = { ...ground, talk: talk(model, tokenizer) }
  const done = new Set([...known, ...kept.rows.map(keyOf)])
  for (const [i, question] of questions.entries()) {
    if (performance.now() > until) return
    const lacks = (name: string): boolean => !done.has(keyOf({ temperature, id: question.question_id, name }))
    const missing = runners.filter(({ name }) => !(name in ground.absent) && lacks(name))
    const asking = { stage, question, temperature, seed: options.seed, withTree: lacks(TREE) }
    if (missing.length > 0 || asking.withTree) await ask(asking, missing, kept)
    if ((i + 1) % 10 > 0) continue
    const wrong = kept.rows.filter(({ differsAt }) => differsAt !== undefined).length
    say(`temperature ${temperature}: ${i + 1} of ${questions.length} questions, ${wrong} runs differ`)
  }
}

/** Random trees around the plain answer, beside the compositions. */
const TREE = 'known-answer-tree + exact-match'

const keyOf = (trial: Pick<Trial, 'temperature' | 'id' | 'name'>): string => `${trial.id} ${pairKey(trial)}`

interface Asking {
  readonly stage: Ground & {
    readonly talk: Talk
    /** Drafter and verifier of the pairs by name. */
    readonly methods: ReadonlyMap<string, readonly [string, string]>
  }
  readonly question: Question
  readonly temperature: number
  readonly seed: number
  /** Trees around the plain answer are drafted too. */
  readonly withTree: boolean
}

/** The first turn of a question: plainly, then by each runner. */
async function ask(
  { stage, question, temperature, seed, withTree }: Asking,
  runners: readonly Runner[],
  kept: KeptLines<Trial>,
): Promise<void> {
  const { question_id: id, category, turns } = question
  const commit = headCommit()
  const asked = await stage.talk.ask(turns.slice(0, 1), [])
  if (!asked) return say(`Question ${id} does not fit into the context`)
  const choice = { temperature, seed: seed + id, isEndless: true }
  const plain = await generateTurn(stage, asked.prompt, choice)
  const drafter = knownAnswerTree(plain.tokenIds, stage.target.model.vocabularySize, seed + id)
  const tree: Runner = { name: TREE, drafter, verifier: exactMatch(), worksAhead: false }
  for (const runner of withTree ? [...runners, tree] : runners) {
    await withReason(runner.name, stage.absent, async () => {
      const { tokenIds, stats } = await generateTurn(stage, asked.prompt, choice, runner)
      const differsAt = firstDifference(plain.tokenIds, tokenIds)
      const { tokens, rounds, drafted, accepted } = stats
      const [method, verifier] = stage.methods.get(runner.name) ?? [drafter.manifest.name, tree.verifier.manifest.name]
      const counts = { tokens, rounds, drafted, accepted }
      const trial = { temperature, id, category, name: runner.name, drafter: method, verifier, commit, ...counts }
      await kept.add({ ...trial, ...(differsAt !== undefined && { differsAt }) })
    })
  }
}
