import { loadModel } from '@foretoken/backend-node'
import type { Tokenizer } from '@foretoken/checkpoint'
import { capped, type Drafter, type Generation, generate, type Model } from '@foretoken/core'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { knownAnswerTree } from './known-answer-tree.ts'
import { type ModelChoice, prepared } from './model.ts'
import { type Question, readQuestions, spread } from './questions.ts'
import { type CommonOptions, type Findings, say } from './report.ts'
import { median } from './statistics.ts'
import { table } from './table.ts'

export interface IdentityOptions extends CommonOptions, ModelChoice {
  /** Spec-Bench's `question.jsonl`. */
  readonly data?: string | undefined
  /** How many questions, spread over the categories. Default all. */
  readonly questions?: number | undefined
  readonly tokens: number
  /** Levels that prompt lookup drafts. */
  readonly levels: number
  readonly threads: number
}

/** One drafter on one question. */
interface Trial {
  readonly id: number
  readonly category: string
  readonly drafter: string
  readonly isIdentical: boolean
  /** First token that differs. */
  readonly differsAt?: number
  readonly meanAcceptanceLength: number
  /** Plain time over this time. */
  readonly speedup: number
}

const WHERE = 'data/spec_bench/question.jsonl of github.com/hemingkx/Spec-Bench'

/** Whether greedy output with drafters is plain greedy output, token for token, on the questions of Spec-Bench. */
export async function identity(options: IdentityOptions): Promise<Findings> {
  const { data, model: name, tokens, levels, threads, seed } = options
  const all = data === undefined ? undefined : await readQuestions(data)
  const settings = { model: name, tokens, levels, threads, data: data ?? null }
  if (!all) {
    const skipped = `${data ? `there is no file ${data}` : 'no questions were given'}; give ${WHERE} with --data`
    return { settings, results: { skipped }, text: `Not measured: ${skipped}.` }
  }
  const questions = spread(all, options.questions ?? all.length)
  const handle = await prepared(options)
  const model = await loadModel(handle.folder, { threads })
  const trials: Trial[] = []
  try {
    for (const [i, question] of questions.entries()) {
      trials.push(...(await tryQuestion(model, handle.tokenizer, question, { tokens, levels, seed: seed + i })))
      const wrong = trials.filter(({ isIdentical }) => !isIdentical).length
      if ((i + 1) % 10 === 0 || wrong > 0) say(`${i + 1} of ${questions.length} questions, ${wrong} runs differ`)
    }
  } finally {
    await model.dispose()
  }
  const holds = trials.every(({ isIdentical }) => isIdentical)
  return {
    settings: { ...settings, questions: questions.length },
    results: { trials },
    text: identityText(trials),
    holds,
  }
}

interface TrialOptions {
  readonly tokens: number
  readonly levels: number
  readonly seed: number
}

async function tryQuestion(
  model: Model,
  tokenizer: Tokenizer,
  question: Question,
  { tokens, levels, seed }: TrialOptions,
): Promise<Trial[]> {
  const prompt = promptOf(tokenizer, question)
  // Plain decoding; the tokens after a stop token are compared too.
  const run = async (drafter?: Drafter): Promise<Generation> => {
    model.rewind(0)
    const maxTokens = Math.min(tokens, model.contextLength - prompt.length)
    return generate({ model, prompt, maxTokens, ...(drafter && { drafter, verifier: exactMatch() }) })
  }
  const plain = await run()
  const drafters: readonly Drafter[] = [
    capped(promptLookup(), levels),
    knownAnswerTree(plain.tokenIds, model.vocabularySize, seed),
  ]
  const trials: Trial[] = []
  for (const drafter of drafters) {
    const drafted = await run(drafter)
    const differsAt = firstDifference(plain.tokenIds, drafted.tokenIds)
    trials.push({
      id: question.question_id,
      category: question.category,
      drafter: drafter.manifest.name,
      isIdentical: differsAt === undefined,
      ...(differsAt !== undefined && { differsAt }),
      meanAcceptanceLength: drafted.stats.meanAcceptanceLength,
      speedup: drafted.stats.tokensPerSecond / plain.stats.tokensPerSecond,
    })
  }
  return trials
}

function promptOf(tokenizer: Tokenizer, { turns }: Question): Int32Array {
  const content = turns[0]!
  if (!tokenizer.hasChatTemplate) return tokenizer.encode(content, { begin: true, special: false })
  return tokenizer.encode(tokenizer.applyChatTemplate([{ role: 'user', content }], { addGenerationPrompt: true }))
}

/** Index of the first token that differs; nothing when both are the same. */
export function firstDifference(a: Int32Array, b: Int32Array): number | undefined {
  const at = a.findIndex((token, i) => token !== b[i])
  if (at >= 0) return at
  return a.length === b.length ? undefined : Math.min(a.length, b.length)
}

function identityText(trials: readonly Trial[]): string {
  const drafters = [...new Set(trials.map(({ drafter }) => drafter))]
  const rows = drafters.flatMap((name) => {
    const mine = trials.filter(({ drafter }) => drafter === name)
    const categories = [...new Set(mine.map(({ category }) => category))]
    const line = (title: string, list: readonly Trial[]) => [
      name,
      title,
      list.length,
      list.filter(({ isIdentical }) => isIdentical).length,
      list.reduce((sum, trial) => sum + trial.meanAcceptanceLength, 0) / list.length,
      median(list.map(({ speedup }) => speedup)),
    ]
    return [
      ...categories.map((title) =>
        line(
          title,
          mine.filter(({ category }) => category === title),
        ),
      ),
      line('all', mine),
    ]
  })
  const columns = [
    { title: 'drafter' },
    { title: 'category' },
    { title: 'questions', digits: 0 },
    { title: 'identical', digits: 0 },
    { title: 'mean acceptance length', digits: 2 },
    { title: 'speedup', digits: 2 },
  ]
  const wrong = trials.filter(({ isIdentical }) => !isIdentical)
  const list = wrong.map(
    ({ id, drafter, differsAt }) => `Question ${id} with ${drafter} differs at token ${differsAt}.`,
  )
  return [table(columns, rows), ...list].join('\n')
}
