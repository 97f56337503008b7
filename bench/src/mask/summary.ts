import type { ChartSpec } from '../chart.ts'
import { quantile } from '../statistics.ts'
import { type Column, table } from '../table.ts'
import { isRight, most, type Verdict } from './judge.ts'

/** MaskBench's figures of one engine. */
export interface MaskFigures {
  readonly schemas: number
  /** Share of schemas that compile and treat every instance rightly. */
  readonly schemasRight: number
  readonly falseAccepts: number
  readonly falseRejects: number
  readonly compileErrors: number
  readonly masks: number
  readonly maskP50us: number
  readonly maskP90us: number
  readonly maskP99us: number
  readonly maskMaxUs: number
  readonly firstMaskP50ms: number
  readonly firstMaskP99ms: number
  readonly firstMaskMaxMs: number
  readonly compileP50ms: number
  readonly compileP99ms: number
  readonly statesP50: number
}

export function summary(verdicts: readonly Verdict[], times: readonly number[]): MaskFigures {
  const compiled = verdicts.filter(({ compileError }) => compileError === undefined)
  const firsts = compiled.map(({ firstMaskMs }) => firstMaskMs)
  const compiles = compiled.map(({ compileMs }) => compileMs)
  const states = compiled.map((each) => each.states)
  const count = (pick: (verdict: Verdict) => number): number => verdicts.reduce((sum, each) => sum + pick(each), 0)
  return {
    schemas: verdicts.length,
    schemasRight: verdicts.filter(isRight).length / Math.max(1, verdicts.length),
    falseAccepts: count(({ falseAccepts }) => falseAccepts.length),
    falseRejects: count(({ falseRejects }) => falseRejects.length),
    compileErrors: verdicts.length - compiled.length,
    masks: times.length,
    maskP50us: quantile(times, 0.5),
    maskP90us: quantile(times, 0.9),
    maskP99us: quantile(times, 0.99),
    maskMaxUs: most(times),
    firstMaskP50ms: quantile(firsts, 0.5),
    firstMaskP99ms: quantile(firsts, 0.99),
    firstMaskMaxMs: most(firsts),
    compileP50ms: quantile(compiles, 0.5),
    compileP99ms: quantile(compiles, 0.99),
    statesP50: quantile(states, 0.5),
  }
}

/** The schemas with the slowest masks and with the slowest starts. */
export function slowest(verdicts: readonly Verdict[], count = 12): Readonly<Record<'masks' | 'starts', Verdict[]>> {
  const by = (time: (verdict: Verdict) => number): Verdict[] =>
    [...verdicts].sort((a, b) => time(b) - time(a)).slice(0, count)
  return { masks: by(({ maskMaxUs }) => maskMaxUs), starts: by(({ firstMaskMs }) => firstMaskMs) }
}

/** What must hold, by figure; times are meant on a machine that does nothing else. */
const BARS: readonly (readonly [keyof MaskFigures, '<' | '>=' | '=', number])[] = [
  ['schemasRight', '>=', 0.9],
  ['falseAccepts', '=', 0],
  ['maskP50us', '<', 50],
  ['maskP99us', '<', 1000],
  ['maskMaxUs', '<', 30_000],
  ['firstMaskP50ms', '<', 3],
  ['firstMaskP99ms', '<', 100],
]

/** Names of the bars that figures do not reach. */
export function missedBars(figures: MaskFigures): string[] {
  return BARS.filter(([name, relation, bar]) => {
    const value = figures[name]
    return !(relation === '<' ? value < bar : relation === '=' ? value === bar : value >= bar)
  }).map(([name, relation, bar]) => `${name} ${relation} ${bar}`)
}

export interface EngineFigures extends MaskFigures {
  readonly engine: string
}

/** A column for each engine. */
export function figuresText(engines: readonly EngineFigures[]): string {
  const names = Object.keys(engines[0]!).filter((name) => name !== 'engine') as (keyof MaskFigures)[]
  const columns: Column[] = [{ title: 'figure' }, ...engines.map(({ engine }) => ({ title: engine, digits: 3 }))]
  return table(
    columns,
    names.map((name) => [name, ...engines.map((each) => each[name])]),
  )
}

export function slowestText(verdicts: readonly Verdict[]): string {
  const { masks, starts } = slowest(verdicts, 8)
  const columns = (title: string): Column[] => [
    { title },
    { title: 'mask max µs', digits: 0 },
    { title: 'of it collector', digits: 0 },
    { title: 'first mask ms', digits: 1 },
    { title: 'states', digits: 0 },
  ]
  const rows = (list: readonly Verdict[]) =>
    list.map((v) => [v.name, v.maskMaxUs, v.maskMaxCollectorUs ?? 0, v.firstMaskMs, v.states])
  return `${table(columns('slowest masks'), rows(masks))}\n\n${table(columns('slowest starts'), rows(starts))}`
}

/** Shares of masks that take at most a time, by engine. */
export function maskChart(times: readonly { readonly engine: string; readonly times: readonly number[] }[]): ChartSpec {
  const shares = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999, 1]
  const values = times.flatMap(({ engine, times: all }) => {
    const sorted = Float64Array.from(all).sort()
    const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0
    return sorted.length === 0 ? [] : shares.map((share) => ({ engine, us: Math.max(0.1, at(share)), share }))
  })
  return {
    title: 'Time of a mask and its advance, MaskBench',
    data: { values },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'us', type: 'quantitative', scale: { type: 'log' }, title: 'µs' },
      y: { field: 'share', type: 'quantitative', title: 'share of masks' },
      color: { field: 'engine', type: 'nominal', title: null },
    },
  }
}
