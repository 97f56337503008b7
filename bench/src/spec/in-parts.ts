import type { Question } from '../questions.ts'
import { say } from '../report.ts'
import { type CompositionSpec, partsAt } from './composition.ts'
import { type Measured, type MeasureOptions, measure } from './measure.ts'

export interface InPartsOptions extends MeasureOptions {
  /** No part is begun that would not end within these, by what the longest took. Default: all are. */
  readonly minutes?: number | undefined
}

/** One composition, or two that share the plain run between them, at one temperature. */
interface Part {
  readonly compositions: readonly CompositionSpec[]
  readonly temperature: number
}

/** What is left to measure, two compositions at a time: each runs beside the plain run of the same question either way. */
export function partsOf(
  compositions: readonly CompositionSpec[],
  temperatures: readonly number[],
  isDone: (composition: string, temperature: number) => boolean,
): Part[] {
  return temperatures.flatMap((temperature) => {
    const left = compositions.filter((each) => partsAt(each, temperature) && !isDone(each.name, temperature))
    return Array.from({ length: Math.ceil(left.length / 2) }, (_, i) => ({
      compositions: left.slice(2 * i, 2 * i + 2),
      temperature,
    }))
  })
}

/**
 * Measures part by part and hands each over, so that what was measured outlives an interruption.
 * @returns All of it, and how many parts are left.
 */
export async function measureInParts(
  parts: readonly Part[],
  questions: readonly Question[],
  options: InPartsOptions,
  keep: (measured: Measured, temperature: number) => Promise<void>,
): Promise<{ readonly measured: Measured; readonly left: number }> {
  const started = performance.now()
  const limit = (options.minutes ?? Number.POSITIVE_INFINITY) * 60_000
  const whole = { trials: [], shares: [], absent: {} } as {
    trials: Measured['trials']
    shares: Measured['shares']
    absent: Measured['absent']
  }
  let longest = 0
  let left = parts.length
  for (const { compositions, temperature } of parts) {
    const begun = performance.now()
    if (begun - started + longest > limit) break
    const measured = await measure(compositions, questions, { ...options, temperatures: [temperature] })
    await keep(measured, temperature)
    whole.trials = [...whole.trials, ...measured.trials]
    whole.shares = [...whole.shares, ...measured.shares]
    whole.absent = { ...whole.absent, ...measured.absent }
    longest = Math.max(longest, performance.now() - begun)
    left--
    say(`${compositions.map(({ name }) => name).join(', ')} at temperature ${temperature}: kept; ${left} parts left`)
  }
  return { measured: whole, left }
}
