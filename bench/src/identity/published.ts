import { readFile, writeFile } from 'node:fs/promises'
import { IDENTITY } from '../places.ts'
import { grouped } from '../statistics.ts'
import type { Trial } from './summary.ts'

/** What was asked; rows of other settings are not the same measurement. */
export interface IdentitySetting {
  readonly model: string
  /** Most new tokens. */
  readonly tokens: number
  readonly seed: number
}

/** A line of the file that `pnpm docs` reads: the questions on which a pair wrote what plain decoding writes. */
export interface IdentityRow extends IdentitySetting {
  readonly temperature: number
  /** `suffix + exact-match` */
  readonly name: string
  /** Methods that the row speaks for. */
  readonly drafter: string
  readonly verifier: string
  /** Ids, ascending. */
  readonly questions: readonly number[]
  readonly written: number
  readonly rounds: number
  /** Commits that they were asked at, sorted. */
  readonly commits: readonly string[]
}

export type PairKey = Pick<Trial, 'temperature' | 'name'>

export const pairKey = ({ temperature, name }: PairKey): string => `${temperature} ${name}`

/** What was published so far of a setting, or of all. */
export async function readIdentity(setting?: IdentitySetting, file: string = IDENTITY): Promise<IdentityRow[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const rows = text.split('\n').filter((line) => line !== '')
  return rows.map((line) => JSON.parse(line) as IdentityRow).filter((row) => !setting || isOf(row, setting))
}

const isOf = (row: IdentityRow, { model, tokens, seed }: IdentitySetting): boolean =>
  row.model === model && row.tokens === tokens && row.seed === seed

/** Adds trials of a setting to its rows. A pair that differed once has no row. Sorted, so that the file depends on its rows alone. */
export function withTrials(
  before: readonly IdentityRow[],
  trials: readonly Trial[],
  { model, tokens, seed }: IdentitySetting,
): IdentityRow[] {
  const rows = new Map(before.map((row) => [pairKey(row), row]))
  for (const [key, list] of grouped(trials, pairKey)) {
    const old = rows.get(key)
    const fresh = list.filter(({ id }) => !old?.questions.includes(id))
    const sum = (of: (trial: Trial) => number): number => fresh.reduce((total, trial) => total + of(trial), 0)
    const { temperature, name, drafter, verifier } = list[0]!
    rows.set(key, {
      model,
      tokens,
      seed,
      temperature,
      name,
      drafter,
      verifier,
      questions: [...(old?.questions ?? []), ...fresh.map(({ id }) => id)].sort((a, b) => a - b),
      written: (old?.written ?? 0) + sum((trial) => trial.tokens),
      rounds: (old?.rounds ?? 0) + sum((trial) => trial.rounds),
      commits: [...new Set([...(old?.commits ?? []), ...fresh.map(({ commit }) => commit)])].sort(),
    })
    if (list.some(({ differsAt }) => differsAt !== undefined)) rows.delete(key)
  }
  return [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

/** Publishes what trials of a setting showed; rows of other settings stay. */
export async function publishIdentity(
  trials: readonly Trial[],
  setting: IdentitySetting,
  file: string = IDENTITY,
): Promise<IdentityRow[]> {
  const all = await readIdentity(undefined, file)
  const mine = withTrials(
    all.filter((row) => isOf(row, setting)),
    trials,
    setting,
  )
  const lines = [...all.filter((row) => !isOf(row, setting)), ...mine].map((row) => `${JSON.stringify(row)}\n`)
  await writeFile(file, lines.join(''))
  return mine
}
