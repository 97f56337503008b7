import type { Report, RoundRecord } from '@foretoken/controller'
import { colors, note } from './terminal.ts'

/** Round by round, on stderr: what was drafted, by whom, what became of it, and why. */
export function printExplanation(rounds: readonly RoundRecord[], report: Report): void {
  note()
  note(colors.bold('round  at  drafted  accepted  expected  observed  why       drafters'))
  for (const record of rounds) {
    const { round, position, drafted, accepted, expected, observed, reason, decision } = record
    const who = decision.map(({ drafter, levels }) => `${drafter} (${levels})`).join(', ') || 'plain'
    const cells = [
      String(round).padStart(5),
      String(position).padStart(4),
      String(drafted).padStart(7),
      String(accepted).padStart(8),
      rate(expected).padStart(8),
      rate(observed).padStart(8),
      reason.padEnd(8),
      who,
    ]
    note(cells.join('  '))
  }
  note(colors.dim('expected and observed: tokens per plain step'))
  for (const { drafter, reason } of report.benched) note(`${drafter} was left out: ${reason}`)
}

const rate = ({ tokens, steps }: { readonly tokens: number; readonly steps: number }): string =>
  steps > 0 ? (tokens / steps).toFixed(2) : '-'
