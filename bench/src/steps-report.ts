import type { ChartSpec } from './chart.ts'
import type { RoundCost } from './round-cost.ts'
import type { StepsResults } from './steps.ts'
import { table } from './table.ts'

export function stepsText({ curve, round, sampledRound }: StepsResults): string {
  const contexts = [...new Set(curve.map(({ context }) => context))]
  const rows = [...new Set(curve.map((cost) => cost.rows))]
  const at = (context: number, count: number) => curve.find((cost) => cost.context === context && cost.rows === count)
  const costs = table(
    [
      { title: 'rows', digits: 0 },
      ...contexts.map((context) => ({ title: `ms@${context}` })),
      ...contexts.map((context) => ({ title: `steps@${context}`, digits: 2 })),
    ],
    rows.map((count) => [
      count,
      ...contexts.map((context) => at(context, count)?.ms),
      ...contexts.map((context) => at(context, count)?.steps),
    ]),
  )
  return [
    `Cost of one forward pass, milliseconds and in units of one row's:\n${costs}`,
    `JavaScript outside the runtime, a greedy round: ${roundText(round)}`,
    `The same at temperature 1, eight rows all accepted: ${roundText(sampledRound)}`,
  ].join('\n\n')
}

function roundText({ rounds, outsideMs, outsideMs90, draftMs, decodeMs, backendMs }: RoundCost): string {
  const parts = `drafter ${draftMs.toFixed(3)}, decode ${decodeMs.toFixed(3)}, backend ${backendMs.toFixed(3)}`
  return `${outsideMs.toFixed(3)} ms (90 %: ${outsideMs90.toFixed(3)}; ${parts}; ${rounds} rounds)`
}

/** Milliseconds by rows, a line for each context. */
export function stepsChart({ curve }: StepsResults): ChartSpec {
  return {
    title: 'Cost of a forward pass by rows fed',
    data: { values: curve.map(({ context, rows, ms }) => ({ context: String(context), rows, ms })) },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'rows', type: 'quantitative', title: 'rows fed' },
      y: { field: 'ms', type: 'quantitative', title: 'milliseconds' },
      color: { field: 'context', type: 'nominal', sort: null, title: 'context' },
    },
  }
}
