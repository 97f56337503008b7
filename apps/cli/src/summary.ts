import { placeText } from '@foretoken/backend-node'
import type { Generation, Stats } from '@foretoken/core'
import type { Composition } from './composition.ts'
import { isWhole } from './constraints.ts'
import { colors, note } from './terminal.ts'

export interface Comparison {
  readonly plain: Generation
  readonly isIdentical: boolean
  /** True where the verifier promises the very tokens of the plain run, not only their law. */
  readonly mustBeIdentical: boolean
}

/** A label that is wider than its column still stands apart from its value. */
const row = (label: string, value: string): void => note(`  ${colors.dim(`${label.padEnd(24)}  `)}${value}`)

/** The closing lines for people, on stderr. */
export function printSummary(composition: Composition, run: Generation, comparison?: Comparison): void {
  const { stats } = run
  note()
  const method = composition.drafter === undefined ? 'plain' : 'speculative'
  row(method, `${colors.bold(stats.tokensPerSecond.toFixed(1))} tokens/s`)
  if (comparison !== undefined) {
    const plain = comparison.plain.stats.tokensPerSecond
    row(
      'plain, same run',
      `${plain.toFixed(1)} tokens/s  ${colors.bold(`${(stats.tokensPerSecond / plain).toFixed(2)}×`)}`,
    )
  }
  if (composition.drafter !== undefined) {
    row(
      'mean acceptance length',
      `${stats.meanAcceptanceLength.toFixed(2)} (${stats.accepted} of ${stats.drafted} drafted tokens accepted)`,
    )
  }
  if (comparison !== undefined) row('identical output', identity(comparison))
  for (const failure of failuresOf(composition, stats)) row('drafting', colors.yellow(failure))
  row('guarantee', guarantee(composition, run))
  const { constraint } = composition
  if (constraint) row(constraint.name, wholeness(isWhole(constraint, run.tokenIds)))
  for (const [part, place] of Object.entries(composition.where)) row(`${part} runs on`, placeText(place))
}

/** Who stopped drafting and why; the output is none the worse for it. */
export function failuresOf({ controller }: Pick<Composition, 'controller'>, { draftingFailure }: Stats): string[] {
  const benched = controller?.report().benched ?? []
  const failures = benched.map(({ drafter, reason }) => `${drafter} was left out: ${reason}`)
  if (!draftingFailure) return failures
  const { drafter, reason, tokens } = draftingFailure
  return [...failures, `${drafter} failed after ${tokens} tokens: ${reason}; the rest was decoded plainly`]
}

const wholeness = (isComplete: boolean): string =>
  isComplete ? colors.green('complete') : colors.yellow('not complete: the text was cut')

/** What a lossy verifier changes is said with its name. */
function guarantee({ verifier }: Composition, run: Generation): string {
  const { name, changes } = verifier?.manifest ?? {}
  return run.guarantee === 'lossy'
    ? colors.yellow(`lossy (${name}): ${changes ?? 'the output may differ'}`)
    : run.guarantee
}

function identity({ isIdentical, mustBeIdentical }: Comparison): string {
  if (isIdentical) return colors.green('yes')
  return mustBeIdentical
    ? colors.red('no')
    : 'no: the same law, other draws (use --verifier exact-match for the same tokens)'
}
