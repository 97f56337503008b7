import type { ModelChoice } from '../model.ts'
import { provenance } from '../provenance.ts'
import { fromEach, type Question, readQuestions, spread } from '../questions.ts'
import type { CommonOptions, Findings } from '../report.ts'
import { grouped } from '../statistics.ts'
import type { CompositionSpec } from './composition.ts'
import { compositionNames, readCompositions } from './compositions.ts'
import { type DraftChoice, draftedBy } from './draft-models.ts'
import { measureInParts, partsOf } from './in-parts.ts'
import { type Measured, measure, type Trial } from './measure.ts'
import { specPage } from './page.ts'
import { checkPublishable, isPublished, publish, publishedResults, readPublished } from './published.ts'
import { specCharts, specText } from './spec-report.ts'
import { type Summary, summarize } from './summary.ts'

export interface SpecOptions extends CommonOptions, ModelChoice, DraftChoice {
  readonly compositions: readonly string[]
  readonly temperatures: readonly number[]
  /** Questions, one JSON object a line. */
  readonly data: string
  /** How many, spread over all. Default all. */
  readonly questions?: number | undefined
  /** How many of each category at most. Default all. */
  readonly perCategory?: number | undefined
  /** Most new tokens of each turn. */
  readonly tokens: number
  readonly threads: number
  /** Write the results where the documentation shows them, two compositions at a time. */
  readonly publish?: boolean | undefined
  /** Leave out what is there already, of the same model, tokens and questions. Only with `publish`. */
  readonly resume?: boolean | undefined
  /** End after these at the latest, between two compositions and the next. Only with `publish`. */
  readonly minutes?: number | undefined
}

/** A composition at one temperature. */
export interface SpecPart {
  readonly composition: string
  readonly about: string
  readonly temperature: number
  /** Share of the optimal-transport bound that the verifier reached; null at temperature 0 and where nothing was drafted. */
  readonly boundShare: number | null
  readonly overall: Summary
  readonly categories: Readonly<Record<string, Summary>>
}

export interface SpecResults {
  readonly parts: readonly SpecPart[]
  readonly absent: Readonly<Record<string, string>>
}

const WHERE = 'question.jsonl of Spec-Bench (github.com/hemingkx/Spec-Bench)'

/** Compositions beside plain decoding on the questions of Spec-Bench. */
export async function spec(options: SpecOptions): Promise<Findings> {
  const { model, tokens, threads, temperatures, data, compositions: asked } = options
  checkPublishable(options)
  const names = asked.includes('all') ? await compositionNames() : asked
  const compositions = draftedBy(await readCompositions(names), options)
  const questions = await questionsOf(options)
  const settings = { model, compositions, temperatures, tokens, threads }
  if (!questions) {
    const skipped = `there is no file ${data}; give ${WHERE} with --data`
    return { settings, results: { skipped }, brief: { skipped }, text: `Not measured: ${skipped}.` }
  }
  const { measured, left } = options.publish
    ? await publishAll(compositions, questions, options)
    : { measured: await measure(compositions, questions, options), left: 0 }
  const results: SpecResults = { parts: summed(compositions, measured, options), absent: measured.absent }
  const holds = results.parts.every(({ overall }) => overall.identical !== false)
  return {
    settings: { ...settings, questions: questions.length },
    results: { ...results, trials: measured.trials },
    brief: briefOf(results),
    text: [specText(results, measured.trials), ...(left > 0 ? [`${left} parts are left: add --resume.`] : [])].join(
      '\n\n',
    ),
    charts: specCharts(results),
    page: async (origin) => specPage(results, measured.trials, settings, origin),
    holds: holds && Object.keys(measured.absent).length === 0,
  }
}

/** Measures what is to be published, and publishes it as it comes. */
async function publishAll(
  compositions: readonly CompositionSpec[],
  questions: readonly Question[],
  options: SpecOptions,
): Promise<{ readonly measured: Measured; readonly left: number }> {
  const { model, tokens, temperatures, seed } = options
  const setting = { model, tokens, questions: questions.length }
  const before = options.resume ? await readPublished() : []
  const parts = partsOf(compositions, temperatures, (name, at) => isPublished(before, name, at, setting))
  const origin = provenance('spec', process.argv.slice(process.argv.indexOf('spec') + 1), seed)
  return measureInParts(parts, questions, options, async (measured, temperature) => {
    const rows = summed(compositions, measured, { temperatures: [temperature], seed })
    await publish(publishedResults(compositions, rows, setting, origin))
  })
}

/** The questions that options choose from their file; nothing when there is no file. */
export async function questionsOf({
  data,
  questions,
  perCategory,
}: Pick<SpecOptions, 'data' | 'questions' | 'perCategory'>): Promise<Question[] | undefined> {
  const all = await readQuestions(data)
  if (!all) return undefined
  const some = perCategory === undefined || questions !== undefined ? all : fromEach(all, perCategory)
  return spread(some, questions ?? some.length)
}

/** Sums up by composition, temperature and category, in the order asked for. */
function summed(
  compositions: readonly CompositionSpec[],
  { trials, shares }: Measured,
  { temperatures, seed }: Pick<SpecOptions, 'temperatures' | 'seed'>,
): SpecPart[] {
  return temperatures.flatMap((temperature) =>
    compositions.flatMap(({ name, about }) => {
      const mine = trials.filter((trial) => trial.composition === name && trial.temperature === temperature)
      if (mine.length === 0) return []
      const categories = [...grouped(mine, ({ category }: Trial) => category)]
      return {
        composition: name,
        about,
        temperature,
        boundShare: shares.find((each) => each.composition === name && each.temperature === temperature)?.share ?? null,
        overall: summarize(mine, seed),
        categories: Object.fromEntries(categories.map(([category, list]) => [category, summarize(list, seed)])),
      }
    }),
  )
}

/** The first composition at the first temperature as the answer, and all the others beside it. */
function briefOf({ parts, absent }: SpecResults): Record<string, unknown> {
  const [first] = parts
  const all = parts.map(({ overall }) => overall.identical)
  return {
    composition: first?.composition,
    temperature: first?.temperature,
    boundShare: first?.boundShare,
    overall: first?.overall,
    categories: first?.categories,
    identical: all.includes(false) ? false : all.includes(true) ? true : null,
    parts,
    absent,
  }
}
