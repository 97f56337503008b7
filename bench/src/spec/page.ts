import { type ChartSpec, drawChart } from '../chart.ts'
import type { Provenance } from '../provenance.ts'
import { grouped } from '../statistics.ts'
import type { Trial } from './measure.ts'
import type { SpecPart, SpecResults } from './spec.ts'
import { identicalText, intervalText, specCharts } from './spec-report.ts'
import type { Summary } from './summary.ts'

/** Colours for light and dark; no file and no address is asked for. */
const STYLE = `:root{color-scheme:light dark;--line:#8885;--soft:#8881;--good:#15803d;--bad:#c2410c}
@media(prefers-color-scheme:dark){:root{--good:#4ade80;--bad:#fb923c}}
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;background:Canvas;color:CanvasText}
h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.15rem;margin-top:2.2rem}.quiet{opacity:.7}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.8rem;margin:1.2rem 0}
.card{background:var(--soft);border:1px solid var(--line);border-radius:.6rem;padding:.8rem 1rem}
.card b{display:block;font-size:1.8rem;line-height:1.3}.charts{display:flex;flex-wrap:wrap;gap:1.5rem}
.charts svg{max-width:100%;height:auto}.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
th,td{padding:.25rem .7rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}.good{color:var(--good)}.bad{color:var(--bad)}tr.all{font-weight:600}
summary{cursor:pointer}code{font-size:.9em;overflow-wrap:anywhere}`

/** Axis, legend and title in a grey that reads on white and on black. */
const GREY = '#808080'
const CHART_COLOURS = {
  background: 'transparent',
  config: {
    axis: { labelColor: GREY, titleColor: GREY, gridColor: '#80808040', tickColor: GREY, domainColor: GREY },
    legend: { labelColor: GREY },
    title: { color: GREY },
    view: { stroke: '#80808040' },
  },
}

/** Report to look at, one HTML file that needs no other. */
export async function specPage(
  results: SpecResults,
  trials: readonly Trial[],
  settings: Readonly<Record<string, unknown>>,
  origin: Provenance,
): Promise<string> {
  const charts = await Promise.all(Object.values(specCharts(results)).map(drawnForBoth))
  const { parts, absent } = results
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Foretoken on Spec-Bench</title><style>${STYLE}</style></head><body>
<h1>Foretoken on Spec-Bench</h1>
<p class="quiet">${escaped(String(settings['model']))}, ${escaped(origin.device.processor)}, ${String(settings['threads'])} threads,
${escaped(origin.date.slice(0, 16).replace('T', ' '))}, load ${origin.load.toFixed(1)} at the start</p>
<div class="cards">${parts.map(card).join('')}</div>
${Object.entries(absent)
  .map(([name, why]) => `<p class="bad">Not measured: ${escaped(`${name}: ${why}`)}</p>`)
  .join('')}
<div class="charts">${charts.map((svg) => `<div>${svg}</div>`).join('')}</div>
${parts.map((part) => section(part, trials)).join('')}
<h2>How it was measured</h2>
<p>The prompt is fed once; then plain decoding and each composition generate from its end, round by round, or one after the other where
a composition drafts ahead in a thread of its own. Speedup is plain decoding's time for a token over the composition's, each the ratio of sums over all questions, without
prefill and first round; "whole" counts those too. Intervals: 95 % percentile bootstrap over questions. Efficiency: committed tokens
by rows fed. Round cost: time of a round in plain steps. Identical: token for token the plain run's output, where it must be.</p>
<p><code>${escaped(origin.command)}</code></p>
<details><summary>Provenance</summary><pre>${escaped(JSON.stringify(origin, undefined, 2))}</pre></details>
</body></html>
`
}

const drawnForBoth = (chart: ChartSpec): Promise<string> => drawChart({ ...chart, ...CHART_COLOURS })

function card({ composition, temperature, overall }: SpecPart): string {
  return `<div class="card">${escaped(composition)}, temperature ${temperature}<b class="${tone(overall)}">${overall.speedup.toFixed(2)}×</b>
<span class="quiet">${intervalText(overall)}; ${overall.meanAcceptanceLength.toFixed(2)} tokens a round; identical: ${identicalText(overall)}</span></div>`
}

/** Green where the whole interval is above 1, red where it is below; neither where one question tells nothing. */
function tone({ speedupInterval, identical }: Summary): string {
  if (identical === false) return 'bad'
  if (!speedupInterval) return ''
  const [low, high] = speedupInterval
  if (high < 1) return 'bad'
  return low > 1 ? 'good' : ''
}

const HEAD = ['category', 'questions', 'speedup', '95 %', 'median', 'whole', 'tokens a round', 'accepted', 'efficiency']
const HEAD_TIMES = ['round cost', 'draft ms', 'target ms', 'other ms', 'plain ms', 'identical']

function section(part: SpecPart, trials: readonly Trial[]): string {
  const head = [...HEAD, ...HEAD_TIMES].map((title) => `<th>${title}</th>`).join('')
  const rows = Object.entries(part.categories).map(([category, summary]) => row(category, summary, ''))
  return `<h2>${escaped(part.composition)}, temperature ${part.temperature}</h2><p>${escaped(part.about)}</p>
<div class="scroll"><table><tr>${head}</tr>${rows.join('')}${row('all', part.overall, 'all')}</table></div>${extremes(part, trials)}`
}

function row(category: string, summary: Summary, kind: string): string {
  const texts = [
    escaped(category),
    String(summary.questions),
    `<span class="${tone(summary)}">${summary.speedup.toFixed(2)}</span>`,
    intervalText(summary),
    ...[summary.medianSpeedup, summary.wholeSpeedup, summary.meanAcceptanceLength].map((value) => value.toFixed(2)),
    ...[summary.acceptanceRate, summary.roundEfficiency, summary.roundCost].map((value) => value.toFixed(2)),
    ...[summary.draftMs, summary.verifyMs, summary.otherMs, summary.plainMs].map((value) => value.toFixed(2)),
    identicalText(summary),
  ]
  return `<tr class="${kind}">${texts.map((text) => `<td>${text}</td>`).join('')}</tr>`
}

/** The five slowest and the five fastest questions. */
function extremes(part: SpecPart, trials: readonly Trial[]): string {
  const mine = trials.filter((one) => one.composition === part.composition && one.temperature === part.temperature)
  const questions = [...grouped(mine, ({ id }) => id)].map(([id, turns]) => {
    const sum = (pick: (trial: Trial) => number): number => turns.reduce((total, turn) => total + pick(turn), 0)
    const plain = sum(({ plain }) => plain.decodeMs) / sum(({ plain }) => plain.decodeTokens)
    const ratio = plain / (sum(({ ours }) => ours.decodeMs) / sum(({ ours }) => ours.decodeTokens))
    return { id, category: turns[0]!.category, ratio }
  })
  const sorted = questions.filter(({ ratio }) => Number.isFinite(ratio)).sort((a, b) => a.ratio - b.ratio)
  const list = (some: typeof sorted): string =>
    some.map(({ id, category, ratio }) => `${id} (${escaped(category)}) ${ratio.toFixed(2)}`).join(', ')
  return `<details><summary>Slowest and fastest questions</summary><p>Slowest: ${list(sorted.slice(0, 5))}.</p>
<p>Fastest: ${list(sorted.slice(-5).reverse())}.</p></details>`
}

/** Text as HTML. */
export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
