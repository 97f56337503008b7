import { firstDifference } from '../first-difference.ts'
import { ggufPath, type ModelChoice, prepared } from '../model.ts'
import type { CommonOptions, Findings } from '../report.ts'
import { say } from '../report.ts'
import type { Trial } from '../spec/measure.ts'
import { questionsOf, type SpecPart } from '../spec/spec.ts'
import { specText } from '../spec/spec-report.ts'
import { summarize } from '../spec/summary.ts'
import { contextOf } from '../spec/talk.ts'
import { grouped } from '../statistics.ts'
import { openPage } from './open-page.ts'
import type { BenchPage } from './page-interface.ts'

export interface BrowserOptions extends CommonOptions, ModelChoice {
  /** Questions, one JSON object a line. */
  readonly data: string
  readonly questions?: number | undefined
  readonly perCategory?: number | undefined
  /** Most new tokens of each turn. */
  readonly tokens: number
  readonly threads: number
  /** Name, or path of the GGUF file, of a model that drafts. */
  readonly draft?: string | undefined
}

declare const benchPage: BenchPage

/** The controller beside plain decoding in a browser, on WASM, turn by turn in one page. */
export async function browser(options: BrowserOptions): Promise<Findings> {
  const { model, draft, tokens, threads, data, seed } = options
  const settings = { model, draft, tokens, threads }
  const questions = await questionsOf(options)
  if (!questions) {
    const skipped = `there is no file ${data}; name Spec-Bench's questions with --data`
    return { settings, results: { skipped }, brief: { skipped }, text: `Not measured: ${skipped}.` }
  }
  const { tokenizer } = await prepared(options)
  const files = new Map([['/model.gguf', await ggufPath(options)]])
  if (draft !== undefined) files.set('/draft.gguf', await ggufPath({ ...options, model: draft }))
  await using opened = await openPage(files)
  const { page } = opened
  const task = { address: '/model.gguf', draftAddress: draft === undefined ? undefined : '/draft.gguf', threads }
  const place = await page.evaluate((task) => benchPage.open(task), task)
  say(`${JSON.stringify(place.runtime)} in ${place.agent}`)
  const trials: Trial[] = []
  for (const [i, question] of questions.entries()) {
    const answers: string[] = []
    for (let turn = 0; turn < question.turns.length; turn++) {
      const prompt = [...contextOf(tokenizer, question.turns.slice(0, turn + 1), answers)]
      const asked = { prompt, tokens, oursFirst: trials.length % 2 === 0 }
      const { prefillMs, ours, plain } = await page.evaluate((asked) => benchPage.turn(asked), asked)
      answers.push(tokenizer.decode(plain.tokenIds))
      const differsAt = firstDifference(Int32Array.from(ours.tokenIds), Int32Array.from(plain.tokenIds))
      trials.push({
        composition: 'auto',
        temperature: 0,
        id: question.question_id,
        category: question.category,
        turn: turn + 1,
        promptTokens: prompt.length,
        prefillMs,
        ours: ours.stats,
        plain: plain.stats,
        mustMatch: true,
        ...(differsAt !== undefined && { differsAt }),
      })
    }
    if ((i + 1) % 5 === 0) say(`${i + 1} of ${questions.length} questions`)
  }
  return findings(trials, { ...settings, questions: questions.length, place }, seed)
}

function findings(trials: readonly Trial[], settings: Findings['settings'], seed: number): Findings {
  const overall = summarize(trials, seed)
  const categories = Object.fromEntries(
    [...grouped(trials, ({ category }) => category)].map(([category, list]) => [category, summarize(list, seed)]),
  )
  const part: SpecPart = { composition: 'auto', about: '', temperature: 0, boundShare: null, overall, categories }
  const { speedup, tokensPerSecond, plainTokensPerSecond, identical } = overall
  return {
    settings,
    results: { overall, categories, trials },
    brief: { speedup, tokensPerSecond, plainTokensPerSecond, identical, categories, settings },
    text: specText({ parts: [part], absent: {} }, trials),
    holds: identical !== false,
  }
}
