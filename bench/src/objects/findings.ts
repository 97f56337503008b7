import type { ChartSpec } from '../chart.ts'
import type { Findings } from '../report.ts'
import { table } from '../table.ts'
import type { Attempt } from './generations.ts'
import { COVERAGE, type Figures, figuresOf, standardError, tableOf } from './summary.ts'

/** What one model has generated. */
export interface ModelRun {
  readonly model: string
  readonly wanted: number
  /** By number. */
  readonly attempts: readonly Attempt[]
}

/** Coverage of all models beside each other, then each for itself. */
export function findingsOf(settings: Findings['settings'], runs: readonly ModelRun[]): Findings {
  const models = runs.map(({ model, wanted, attempts }) => {
    const wrong = attempts.filter(({ outcome }) => outcome !== 'valid' && outcome !== 'incomplete')
    return { model, ...figuresOf(attempts), isWhole: attempts.length === wanted, wrong }
  })
  const rest = runs
    .filter(({ wanted, attempts }) => attempts.length < wanted)
    .map(
      ({ model, wanted, attempts }) => `${model}: ${attempts.length} of ${wanted} are done; the same command goes on.`,
    )
  return {
    settings,
    results: { models: models.map((each, i) => ({ ...each, attempts: runs[i]!.attempts })) },
    brief: { models },
    text: [coverageTable(models), ...models.map((each) => `${each.model}\n\n${tableOf(each)}`), ...rest].join('\n\n'),
    chart: coverageChart(models),
    holds: models.every(({ invalid, exceptions }) => invalid === 0 && exceptions === 0),
  }
}

type ModelFigures = Figures & { readonly model: string }

function coverageTable(models: readonly ModelFigures[]): string {
  const columns = [{ title: 'model' }, { title: 'generations', digits: 0 }, { title: 'schemas drawn', digits: 0 }]
  const titles = COVERAGE.flatMap(({ title }) => [
    { title, digits: 3 },
    { title: '±', digits: 3 },
  ])
  return table(
    [...columns, ...titles, { title: 'of finished', digits: 3 }],
    models.map((each) => [
      each.model,
      each.generations,
      each.drawn,
      ...COVERAGE.flatMap(({ key, of }) => [each[key], standardError(each[key], each[of])]),
      each.complianceOfFinished,
    ]),
  )
}

function coverageChart(models: readonly ModelFigures[]): ChartSpec {
  const values = models.flatMap((each) =>
    COVERAGE.map(({ key, of, title }) => {
      const error = standardError(each[key], each[of])
      return { model: each.model, title, share: each[key], low: each[key] - error, high: each[key] + error }
    }),
  )
  const x = { field: 'title', type: 'nominal', title: null, sort: null, axis: { labelAngle: 0 } }
  const xOffset = { field: 'model', type: 'nominal' }
  const scale = { domain: [0, 1] }
  return {
    title: "JSONSchemaBench's metrics, with real generation",
    data: { values },
    encoding: { x, xOffset },
    layer: [
      {
        mark: 'bar',
        encoding: {
          y: { field: 'share', type: 'quantitative', title: 'share, ± standard error', scale },
          color: { field: 'model', type: 'nominal', title: null },
        },
      },
      {
        mark: 'rule',
        encoding: { y: { field: 'low', type: 'quantitative', scale }, y2: { field: 'high' } },
      },
    ],
  }
}
