import type { Report, RoundRecord } from '@foretoken/controller'
import type { Composition, CompositionOptions } from './composition.ts'
import { type DraftRefusal, printRefusals } from './refusals.ts'
import { colors, note } from './terminal.ts'

/** What a run told of itself. */
export interface Told {
  readonly rounds: readonly RoundRecord[]
  readonly refusals: readonly DraftRefusal[]
}

interface Explanation {
  readonly listeners: Required<Pick<CompositionOptions, 'onRound' | 'onRefusal'>>
  clear(): void
  told(): Told
}

/** Listens to a composition. */
export function explanation(): Explanation {
  let rounds: RoundRecord[] = []
  let refusals: DraftRefusal[] = []
  return {
    listeners: {
      onRound: (record) => void rounds.push(record),
      onRefusal: (refusal) => void refusals.push(refusal),
    },
    clear() {
      rounds = []
      refusals = []
    },
    told: () => ({ rounds, refusals }),
  }
}

/** What auto chose, and what a grammar refused, on stderr. */
export function printExplanation({ controller, constraint }: Composition, { rounds, refusals }: Told): void {
  if (controller) printRounds(rounds, controller.report())
  if (constraint) printRefusals(refusals)
}

/** Round by round: what was drafted, by whom, what became of it, and why. */
function printRounds(rounds: readonly RoundRecord[], report: Report): void {
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
