import type { Report, RoundRecord } from '@foretoken/controller'
import type { Composition, CompositionOptions } from './composition.ts'
import { printRefusals, type Refusal } from './refusals.ts'
import { colors, note } from './terminal.ts'
import { MODEL } from './wishes.ts'

/** What a run told of itself. */
export interface Told {
  readonly rounds: readonly RoundRecord[]
  readonly refusals: readonly Refusal[]
}

interface Explanation {
  readonly listeners: Required<Pick<CompositionOptions, 'onRound' | 'onRefusal'>>
  clear(): void
  /** @param text The tokens that were written: what the model wanted elsewhere is left out. */
  told(text: Int32Array): Told
}

/** Listens to a composition. */
export function explanation(): Explanation {
  let rounds: RoundRecord[] = []
  let refusals: { readonly refusal: Refusal; readonly before: readonly number[] }[] = []
  const belongsTo = (text: Int32Array) => {
    const seen = new Set<number>()
    return ({ refusal, before }: (typeof refusals)[number]): boolean => {
      if (refusal.drafter !== MODEL) return true
      const isNew = !seen.has(before.length)
      if (!isNew || before.length >= text.length || before.some((token, i) => token !== text[i])) return false
      seen.add(before.length)
      return true
    }
  }
  return {
    listeners: {
      onRound: (record) => void rounds.push(record),
      onRefusal: (refusal, before) => void refusals.push({ refusal, before }),
    },
    clear() {
      rounds = []
      refusals = []
    },
    told(text) {
      const own = refusals.filter(belongsTo(text)).map(({ refusal }) => refusal)
      return { rounds, refusals: own.sort((a, b) => a.position - b.position) }
    },
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
