import { readFile, writeFile } from 'node:fs/promises'
import { ForetokenError } from '@foretoken/core'
import { PUBLISHED } from '../places.ts'
import type { Provenance } from '../provenance.ts'
import type { CompositionSpec } from './composition.ts'
import { partsAt } from './composition.ts'
import type { SpecPart } from './spec.ts'

/** Figures of the questions of one category, from which those of several can be told. */
export interface PublishedCategory {
  readonly questions: number
  readonly tokens: number
  readonly rounds: number
  readonly meanAcceptanceLength: number
  /** Milliseconds a token, ours and plain decoding's. */
  readonly ms: number
  readonly plainMs: number
}

/** What was asked; rows of other settings are not the same measurement. */
export interface PublishedSetting {
  readonly model: string
  /** Most new tokens of each turn. */
  readonly tokens: number
  readonly questions: number
}

/** A row of the file that `pnpm docs` reads: a composition at one temperature. */
export interface PublishedResult extends PublishedSetting {
  readonly composition: string
  readonly about: string
  /** Methods that the figure speaks for: its drafter and its verifier. */
  readonly drafter: string
  readonly verifier: string
  readonly temperature: number
  readonly speedup: number
  readonly speedupInterval: readonly [number, number] | null
  readonly meanAcceptanceLength: number
  readonly boundShare: number | null
  readonly categories: Readonly<Record<string, PublishedCategory>>
  readonly origin: {
    readonly command: string
    readonly date: string
    readonly commit: string
    readonly processor: string
    readonly threads: number
  }
}

/** @throws BAD_OPTION for a run that is too small to publish. */
export function checkPublishable(options: { readonly publish?: boolean | undefined; readonly quick?: boolean }): void {
  if (!options.publish || !options.quick) return
  throw new ForetokenError('BAD_OPTION', 'A quick run shows that everything works; it is not published.', {
    fix: 'Leave out --quick or --publish.',
  })
}

/** Rows of all compositions and temperatures whose output was what it had to be. */
export function publishedResults(
  compositions: readonly CompositionSpec[],
  parts: readonly SpecPart[],
  setting: PublishedSetting,
  { command, date, commit, device: { processor, threads } }: Provenance,
): PublishedResult[] {
  return parts.flatMap(({ composition, about, temperature, boundShare, overall, categories }) => {
    const spec = compositions.find(({ name }) => name === composition)
    const methods = spec && partsAt(spec, temperature)
    if (!methods || overall.identical === false) return []
    const { speedup, speedupInterval, meanAcceptanceLength } = overall
    return {
      composition,
      about,
      drafter: methods.drafter.method,
      verifier: methods.verifier.method,
      temperature,
      ...setting,
      speedup: rounded(speedup),
      speedupInterval: speedupInterval && [rounded(speedupInterval[0]), rounded(speedupInterval[1])],
      meanAcceptanceLength: rounded(meanAcceptanceLength),
      boundShare: boundShare === null ? null : rounded(boundShare),
      categories: Object.fromEntries(
        Object.entries(categories).map(([category, { questions, tokens, rounds, ...each }]) => [
          category,
          {
            questions,
            tokens,
            rounds,
            meanAcceptanceLength: rounded(each.meanAcceptanceLength),
            ms: rounded(1000 / each.tokensPerSecond),
            plainMs: rounded(each.plainMs),
          },
        ]),
      ),
      origin: { command, date, commit, processor, threads },
    }
  })
}

const rounded = (value: number): number => Number(value.toPrecision(5))

/** Whether a composition was published in this setting at this temperature. */
export function isPublished(
  rows: readonly PublishedResult[],
  composition: string,
  temperature: number,
  { model, tokens, questions }: PublishedSetting,
): boolean {
  return rows.some(
    (row) =>
      keyOf(row) === keyOf({ composition, temperature, model }) && row.tokens === tokens && row.questions === questions,
  )
}

/** What was published so far, in the order of the file. */
export async function readPublished(file: string = PUBLISHED): Promise<PublishedResult[]> {
  try {
    return (JSON.parse(await readFile(file, 'utf8')) as { results: PublishedResult[] }).results
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** New rows in the place of old ones of the same composition, temperature and model; the others stay. Sorted, so that the file depends on its rows alone. */
export function merged(before: readonly PublishedResult[], rows: readonly PublishedResult[]): PublishedResult[] {
  const byKey = new Map([...before, ...rows].map((row) => [keyOf(row), row]))
  return [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

const keyOf = (row: Pick<PublishedResult, 'model' | 'composition' | 'temperature'>): string =>
  `${row.model} ${row.composition} ${row.temperature}`

/** Writes what `pnpm docs` shows beside each method. */
export async function publish(rows: readonly PublishedResult[], file: string = PUBLISHED): Promise<void> {
  const results = merged(await readPublished(file), rows)
  // Intervals on one line, as the formatter has them.
  const text = JSON.stringify({ results }, undefined, 2).replace(/\[\n\s+([\d.]+),\n\s+([\d.]+)\n\s+\]/g, '[$1, $2]')
  await writeFile(file, `${text}\n`)
}
