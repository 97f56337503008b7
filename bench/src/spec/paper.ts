import type { Findings } from '../report.ts'
import { table } from '../table.ts'
import { readCompositions } from './compositions.ts'
import { draftedBy } from './draft-models.ts'
import { measure, type Trial } from './measure.ts'
import { type PaperCard, type PublishedRow, readPaper } from './paper-card.ts'
import { questionsOf, type SpecOptions } from './spec.ts'
import { type Summary, summarize } from './summary.ts'

export type PaperOptions = Omit<SpecOptions, 'compositions' | 'temperatures'>

/** A published row and our figures; nothing of ours where no question of its categories was asked. */
export interface PaperRow extends PublishedRow {
  readonly ours: Summary | null
}

/** The setting of a paper as near as our models allow: its figures beside ours. */
export async function paper(method: string, options: PaperOptions): Promise<Findings> {
  const card = await readPaper(method)
  const { model, tokens, threads, data } = options
  const settings = { method, model, tokens, threads }
  const { elsewhere } = card
  if (elsewhere !== undefined) {
    return { settings, results: { card }, brief: { method, elsewhere }, text: headed(card, elsewhere) }
  }
  const all = await questionsOf(options)
  if (!all) {
    const skipped = `there is no file ${data}; give question.jsonl of Spec-Bench with --data`
    return { settings, results: { skipped }, brief: { skipped }, text: `Not measured: ${skipped}.` }
  }
  const wanted = card.published.flatMap(({ categories }) => categories ?? [])
  const needsAll = card.published.some(({ categories }) => categories === undefined)
  const questions = needsAll ? all : all.filter(({ category }) => wanted.includes(category))
  const names = [...new Set(card.published.map(({ composition }) => composition))]
  const temperatures = [...new Set(card.published.map(({ temperature }) => temperature))]
  const compositions = draftedBy(await readCompositions(names), options)
  const { trials, absent } = await measure(compositions, questions, { ...options, temperatures })
  const rows = card.published.map((row) => ({ ...row, ours: oursFor(row, trials, options.seed) }))
  const wrong = trials.some(({ mustMatch, differsAt }) => mustMatch && differsAt !== undefined)
  return {
    settings: { ...settings, questions: questions.length },
    results: { card, rows, absent, trials },
    brief: { method, rows, absent, identical: !wrong },
    text: paperText(card, rows, absent),
    holds: !wrong && Object.keys(absent).length === 0,
  }
}

function oursFor(row: PublishedRow, trials: readonly Trial[], seed: number): Summary | null {
  const mine = trials.filter(
    ({ composition, temperature, category }) =>
      composition === row.composition &&
      temperature === row.temperature &&
      (row.categories?.includes(category) ?? true),
  )
  return mine.length > 0 ? summarize(mine, seed) : null
}

/** Published and ours side by side. */
export function paperText(
  card: PaperCard,
  rows: readonly PaperRow[],
  absent: Readonly<Record<string, string>>,
): string {
  const columns = [
    { title: 'task' },
    { title: 'published with' },
    { title: 'source' },
    { title: 'T' },
    { title: 'published' },
    { title: 'ours' },
    { title: '95 %' },
    { title: 'length published', digits: 2 },
    { title: 'length ours', digits: 2 },
    { title: 'our composition' },
    { title: 'questions', digits: 0 },
  ]
  const lines = rows.map(({ task, setting, source, temperature, figure, composition, ours, ...published }) => [
    task,
    setting,
    source,
    String(temperature),
    figure ?? times(published.speedup),
    times(ours?.speedup),
    ours?.speedupInterval?.map((end) => end.toFixed(2)).join('–') ?? '-',
    published.meanAcceptanceLength,
    ours?.meanAcceptanceLength,
    composition,
    ours?.questions,
  ])
  const missing = Object.entries(absent).map(([name, reason]) => `Not measured: ${name}: ${reason}`)
  return headed(card, table(columns, lines), card.differs, ...missing)
}

const headed = ({ title, url }: PaperCard, ...parts: readonly string[]): string =>
  [`${title}\n${url}`, ...parts].join('\n\n')

function times(speedup: number | readonly [number, number] | undefined): string {
  if (speedup === undefined) return '-'
  return `${(typeof speedup === 'number' ? [speedup] : speedup).map((value) => value.toFixed(2)).join('–')}x`
}
