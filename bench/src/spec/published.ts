import { writeFile } from 'node:fs/promises'
import { ForetokenError } from '@foretoken/core'
import { PUBLISHED } from '../places.ts'
import type { Provenance } from '../provenance.ts'
import type { CompositionSpec } from './composition.ts'
import { partsAt } from './composition.ts'
import type { SpecPart } from './spec.ts'

/** A row of the file that `pnpm docs` reads. */
export interface PublishedResult {
  readonly composition: string
  /** Methods that the figure speaks for: its drafter and its verifier. */
  readonly drafter: string
  readonly verifier: string
  readonly temperature: number
  readonly speedup: number
  readonly speedupInterval: readonly [number, number] | null
  readonly meanAcceptanceLength: number
  readonly questions: number
}

/** @throws BAD_OPTION for a run that is too small to publish. */
export function checkPublishable(options: { readonly publish?: boolean | undefined; readonly quick?: boolean }): void {
  if (!options.publish || !options.quick) return
  throw new ForetokenError('BAD_OPTION', 'A quick run shows that everything works; it is not published.', {
    fix: 'Leave out --quick or --publish.',
  })
}

/** Rows of all compositions and temperatures. */
export function publishedResults(
  compositions: readonly CompositionSpec[],
  parts: readonly SpecPart[],
): PublishedResult[] {
  return parts.flatMap(({ composition, temperature, overall }) => {
    const spec = compositions.find(({ name }) => name === composition)
    const methods = spec && partsAt(spec, temperature)
    if (!methods) return []
    const { speedup, speedupInterval, meanAcceptanceLength, questions } = overall
    return {
      composition,
      drafter: methods.drafter.method,
      verifier: methods.verifier.method,
      temperature,
      speedup,
      speedupInterval,
      meanAcceptanceLength,
      questions,
    }
  })
}

/** Writes what `pnpm docs` shows beside each method. */
export async function publish(
  results: readonly PublishedResult[],
  model: string,
  { command, date, commit, device }: Provenance,
): Promise<void> {
  const { processor, threads } = device
  const whole = { command, date, commit, device: { processor, threads }, model, results }
  await writeFile(PUBLISHED, `${JSON.stringify(whole, undefined, 2)}\n`)
}
