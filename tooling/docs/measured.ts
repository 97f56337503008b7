// Measured results that `pnpm bench spec --publish` leaves in docs/methods/results.json, beside the methods they speak for.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One composition at one temperature. */
export interface MeasuredRow {
  readonly composition: string
  readonly drafter: string
  readonly verifier: string
  readonly temperature: number
  readonly speedup: number
  readonly speedupInterval: readonly [number, number] | null
  readonly meanAcceptanceLength: number
  readonly questions: number
}

export interface MeasuredResults {
  readonly command: string
  readonly date: string
  readonly commit: string
  readonly device: { readonly processor: string; readonly threads: number }
  readonly model: string
  readonly results: readonly MeasuredRow[]
}

export const RESULTS = 'docs/methods/results.json'

/** What was measured; nothing where nothing was published. */
export function readMeasured(root: string): MeasuredResults | undefined {
  const file = join(root, RESULTS)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as MeasuredResults) : undefined
}

/** At each temperature the best composition that the method drafts or verifies for; empty when it was in none. */
export function measuredCell(measured: MeasuredResults, kind: string, name: string): string {
  const mine = measured.results.filter((row) => (kind === 'drafter' ? row.drafter : row.verifier) === name)
  const temperatures = [...new Set(mine.map(({ temperature }) => temperature))].sort((a, b) => a - b)
  return temperatures
    .map((temperature) => {
      const rows = mine.filter((row) => row.temperature === temperature)
      return cellOf(rows.reduce((best, row) => (row.speedup > best.speedup ? row : best)))
    })
    .join('; ')
}

function cellOf({ composition, temperature, speedup, speedupInterval, meanAcceptanceLength }: MeasuredRow): string {
  const interval = speedupInterval ? ` (${speedupInterval.map((end) => end.toFixed(2)).join('–')})` : ''
  const length = meanAcceptanceLength.toFixed(2)
  return `${speedup.toFixed(2)}×${interval}, ${length} tokens a round, with \`${composition}\` at T = ${temperature}`
}

/** How the figures came about. */
export function measuredNote({ command, date, commit, device, model, results }: MeasuredResults): string {
  const questions = Math.max(...results.map((row) => row.questions))
  return `Measured: speedup over plain decoding of the same ${questions} questions of Spec-Bench with a 95 % interval, ${model} on ${device.processor}, ${device.threads} threads, ${date.slice(0, 10)}, commit ${commit.slice(0, 7)}: \`${command}\`. Compositions are in [bench/compositions](../../bench/compositions).`
}
