import type { ChartSpec } from '../chart.ts'
import { bootstrap, grouped, median } from '../statistics.ts'
import { table } from '../table.ts'

/** An engine on one turn of a question. */
export interface Answer {
  readonly engine: string
  readonly id: number
  readonly category: string
  readonly turn: number
  readonly tokens: number
  readonly firstMs: number
  readonly restMs: number
}

export interface EngineRun {
  readonly name: string
  readonly version: string
  /** What the engine counted of its own speculation. */
  predictions?: Readonly<Record<string, number>> | undefined
}

/** An engine over all questions. */
export interface EngineSummary extends EngineRun {
  /** Tokens after each first one, by the time they took. */
  readonly tokensPerSecond: number
  /** All tokens by the whole time, prefill included. */
  readonly wholeTokensPerSecond: number
  /** How many times faster the first engine decodes; 95 % interval by bootstrap over questions. */
  readonly ratio: number
  /** Median of the questions' own ratios: a machine that stalls for a moment moves the ratio of sums, not this. */
  readonly medianRatio: number
  readonly ratioInterval: readonly [number, number] | null
  readonly categories: Readonly<Record<string, number>>
}

export interface PeersResults {
  readonly engines: readonly EngineSummary[]
  readonly absent: Readonly<Record<string, string>>
}

/** Sums up; ratios are those of sums over questions, of the first engine to each. */
export function peersResults(
  runs: readonly EngineRun[],
  answers: readonly Answer[],
  absent: Readonly<Record<string, string>>,
  seed: number,
): PeersResults {
  const ids = [...new Set(answers.map(({ id }) => id))]
  const byEngine = grouped(answers, ({ engine }) => engine)
  const ours = byEngine.get(runs[0]?.name ?? '') ?? []
  const ourQuestions = byQuestion(ours, ids)
  const engines = runs.map((run) => {
    const mine = byEngine.get(run.name) ?? []
    const theirs = byQuestion(mine, ids)
    const ratioOf = (indexes: Iterable<number>): number => {
      const drawn = [...indexes]
      return rate(drawn.flatMap((i) => ourQuestions[i]!)) / rate(drawn.flatMap((i) => theirs[i]!))
    }
    const categories = [...grouped(mine, ({ category }) => category)].map(([name, list]) => [name, rate(list)])
    const tokens = mine.reduce((sum, answer) => sum + answer.tokens, 0)
    const wholeMs = mine.reduce((sum, { firstMs, restMs }) => sum + firstMs + restMs, 0)
    return {
      ...run,
      tokensPerSecond: rate(mine),
      wholeTokensPerSecond: (1000 * tokens) / wholeMs,
      ratio: ratioOf(ids.keys()),
      medianRatio: median(Array.from(ids.keys(), (i) => ratioOf([i])).filter(Number.isFinite)),
      ratioInterval: ids.length > 1 ? bootstrap(ids.length, ratioOf, { seed, resamples: 500 }) : null,
      categories: Object.fromEntries(categories) as Record<string, number>,
    }
  })
  return { engines, absent }
}

function byQuestion(answers: readonly Answer[], ids: readonly number[]): Answer[][] {
  const questions = grouped(answers, ({ id }) => id)
  return ids.map((id) => questions.get(id) ?? [])
}

/** Tokens a second after the first of each answer. */
function rate(answers: readonly Answer[]): number {
  const tokens = answers.reduce((sum, answer) => sum + answer.tokens - 1, 0)
  return (1000 * tokens) / answers.reduce((sum, { restMs }) => sum + restMs, 0)
}

export function peersText({ engines, absent }: PeersResults): string {
  const categories = Object.keys(engines[0]?.categories ?? {})
  const rates = table(
    [
      { title: 'engine' },
      { title: 'version' },
      { title: 'tokens/s' },
      { title: 'with prefill' },
      { title: `${engines[0]?.name ?? 'first'} is faster`, digits: 2 },
      { title: '95 %' },
      { title: 'median', digits: 2 },
      { title: 'its speculation' },
    ],
    engines.map(
      ({ name, version, tokensPerSecond, wholeTokensPerSecond, ratio, ratioInterval, medianRatio, predictions }) => [
        name,
        version,
        tokensPerSecond,
        wholeTokensPerSecond,
        ratio,
        ratioInterval?.map((end) => end.toFixed(2)).join('–') ?? '-',
        medianRatio,
        Object.entries(predictions ?? {})
          .map(([what, count]) => `${what} ${count}`)
          .join(', '),
      ],
    ),
  )
  const split = table(
    [{ title: 'tokens/s' }, ...engines.map(({ name }) => ({ title: name }))],
    categories.map((category) => [category, ...engines.map((engine) => engine.categories[category])]),
  )
  const missing = Object.entries(absent).map(([name, reason]) => `Not measured: ${name}: ${reason}`)
  return [rates, split, ...missing].join('\n\n')
}

export function peersChart({ engines }: PeersResults): ChartSpec {
  return {
    title: 'Greedy decoding of the same questions, tokens a second',
    data: { values: engines.map(({ name, tokensPerSecond }) => ({ name, tokensPerSecond })) },
    mark: 'bar',
    encoding: {
      y: { field: 'name', type: 'nominal', sort: null, title: null, axis: { labelLimit: 260 } },
      x: { field: 'tokensPerSecond', type: 'quantitative', title: 'tokens/s' },
    },
  }
}
