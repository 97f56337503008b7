import type { ChartSpec } from '../chart.ts'
import { type Column, table } from '../table.ts'
import type { Trial } from './measure.ts'
import type { SpecPart, SpecResults } from './spec.ts'
import type { Summary } from './summary.ts'

const COLUMNS: readonly Column[] = [
  { title: 'composition' },
  { title: 'temperature', digits: 1 },
  { title: 'category' },
  { title: 'questions', digits: 0 },
  { title: 'speedup', digits: 2 },
  { title: '95 %' },
  { title: 'median', digits: 2 },
  { title: 'whole', digits: 2 },
  { title: 'acceptance length', digits: 2 },
  { title: 'efficiency', digits: 2 },
  { title: 'of the bound', digits: 2 },
  { title: 'round cost', digits: 2 },
  { title: 'draft ms', digits: 2 },
  { title: 'identical' },
]

const LEGEND = `speedup: plain decoding's time for a token over the composition's, sums over all questions; 95 %: bootstrap over
questions; median: of the questions' own ratios; whole: with prefill; efficiency: committed tokens by rows fed; of the
bound: what the verifier accepts by what the best lossless one would, above temperature 0; round cost: time of a round in plain steps; draft ms: for each token; identical: to the plain run, where it must be.`

/** Table of every composition, temperature and category; runs that differ; what is missing. */
export function specText({ parts, absent }: SpecResults, trials: readonly Trial[]): string {
  const rows = parts.flatMap((part) => [
    ...Object.entries(part.categories).map(([category, summary]) => row(part, category, summary)),
    row(part, 'all', part.overall),
  ])
  const wrong = trials.filter(({ mustMatch, differsAt }) => mustMatch && differsAt !== undefined)
  const differing = wrong.map(
    ({ id, turn, composition, temperature, differsAt }) =>
      `${composition} at temperature ${temperature}: question ${id}, turn ${turn} differs at token ${differsAt}.`,
  )
  const missing = Object.entries(absent).map(([name, reason]) => `Not measured: ${name}: ${reason}`)
  return [table(COLUMNS, rows), LEGEND, ...differing, ...missing].join('\n\n')
}

function row({ composition, temperature, boundShare }: SpecPart, category: string, summary: Summary) {
  return [
    composition,
    temperature,
    category,
    summary.questions,
    summary.speedup,
    intervalText(summary),
    summary.medianSpeedup,
    summary.wholeSpeedup,
    summary.meanAcceptanceLength,
    summary.roundEfficiency,
    category === 'all' ? (boundShare ?? '-') : '',
    summary.roundCost,
    summary.draftMs,
    identicalText(summary),
  ]
}

/** `1.21–1.34`, or a dash. */
export function intervalText({ speedupInterval }: Summary): string {
  return speedupInterval ? speedupInterval.map((end) => end.toFixed(2)).join('–') : '-'
}

/** What became of identity. */
export function identicalText({ identical }: Summary): string {
  if (identical === null) return '-'
  return identical ? 'yes' : 'NO'
}

/** Speedup by category, acceptance by depth, and where the time goes. */
export function specCharts({ parts }: SpecResults): Record<'speedup' | 'depth' | 'time', ChartSpec> {
  return { speedup: speedupChart(parts), depth: depthChart(parts), time: timeChart(parts) }
}

const COMPOSITION = {
  field: 'composition',
  sort: null,
  title: null,
  scale: { scheme: 'tableau20' },
  legend: { orient: 'bottom', columns: 4, labelLimit: 300 },
}

const labelOf = ({ composition, temperature }: SpecPart): string => `${composition}, T = ${temperature}`

function speedupChart(parts: readonly SpecPart[]): ChartSpec {
  const values = parts.flatMap((part) =>
    [['all', part.overall] as const, ...Object.entries(part.categories)].map(([category, summary]) => ({
      part: labelOf(part),
      composition: part.composition,
      temperature: `T = ${part.temperature}`,
      category,
      speedup: summary.speedup,
      low: summary.speedupInterval?.[0] ?? summary.speedup,
      high: summary.speedupInterval?.[1] ?? summary.speedup,
    })),
  )
  const y = { field: 'category', type: 'nominal', sort: null, title: null }
  const yOffset = { field: 'part', sort: null }
  const shape = { field: 'temperature', sort: null, title: null, legend: { orient: 'bottom' } }
  const count = new Set(values.map(({ category }) => category)).size
  return {
    title: 'Speedup over plain decoding, with 95 % intervals',
    height: count * (10 + 10 * parts.length),
    data: { values },
    layer: [
      {
        mark: 'rule',
        encoding: { y, yOffset, x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' }, color: COMPOSITION },
      },
      {
        mark: { type: 'point', filled: true, size: 45 },
        encoding: {
          y,
          yOffset,
          x: { field: 'speedup', type: 'quantitative', title: 'times plain', scale: { zero: false } },
          color: COMPOSITION,
          shape,
        },
      },
      { mark: { type: 'rule', strokeDash: [4, 4], color: '#888' }, encoding: { x: { datum: 1 } } },
    ],
  }
}

function depthChart(parts: readonly SpecPart[]): ChartSpec {
  return {
    title: 'Share of the drafts with a level whose level was accepted',
    data: {
      values: parts.flatMap((part) =>
        part.overall.acceptanceByDepth.map((rate, depth) => ({
          composition: part.composition,
          temperature: `T = ${part.temperature}`,
          depth: depth + 1,
          rate,
        })),
      ),
    },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'depth', type: 'quantitative', title: 'level', axis: { tickMinStep: 1, format: 'd' } },
      y: { field: 'rate', type: 'quantitative', title: 'accepted', scale: { domain: [0, 1] } },
      color: COMPOSITION,
      strokeDash: { field: 'temperature', sort: null, title: null, legend: { orient: 'bottom' } },
    },
  }
}

function timeChart(parts: readonly SpecPart[]): ChartSpec {
  const values = parts.flatMap((part, i) => {
    const isFirst = parts.findIndex(({ temperature }) => temperature === part.temperature) === i
    const { draftMs, verifyMs, otherMs, plainMs } = part.overall
    const own = Object.entries({ draft: draftMs, target: verifyMs, other: otherMs })
    return [
      ...own.map(([kind, ms]) => ({ run: labelOf(part), kind, ms })),
      ...(isFirst ? [{ run: `plain, T = ${part.temperature}`, kind: 'plain', ms: plainMs }] : []),
    ]
  })
  return {
    title: 'Milliseconds for each token',
    height: { step: 20 },
    data: { values },
    mark: 'bar',
    encoding: {
      y: { field: 'run', type: 'nominal', sort: null, title: null, axis: { labelLimit: 260 } },
      x: { field: 'ms', type: 'quantitative', title: 'ms', stack: 'zero' },
      color: { field: 'kind', sort: null, title: null, legend: { orient: 'bottom' } },
    },
  }
}
