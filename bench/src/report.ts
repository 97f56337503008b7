import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ChartSpec, drawChart } from './chart.ts'
import { RESULTS } from './places.ts'
import { type Provenance, provenance } from './provenance.ts'

/** What every benchmark takes. */
export interface CommonOptions {
  /** Print one JSON object and nothing else. */
  readonly json?: boolean
  /** Fewer repetitions, smaller sizes: to see that everything works. */
  readonly quick?: boolean
  readonly seed: number
}

/** What a benchmark found. */
export interface Findings {
  readonly settings: Readonly<Record<string, unknown>>
  readonly results: Readonly<Record<string, unknown>>
  /** Tables for people. */
  readonly text: string
  readonly chart?: ChartSpec
  /** Whether what must hold did; when not, the process ends with 1. Default: nothing was decided. */
  readonly holds?: boolean
}

/** Load above which times are doubtful. */
const BUSY = 0.7

/** A line of progress, on the error stream so that it never mixes with results. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Runs a benchmark and reports: JSON and plot as files, and a table or the JSON on the output. */
export async function report(
  name: string,
  args: readonly string[],
  options: CommonOptions,
  run: () => Promise<Findings>,
): Promise<void> {
  const origin: Provenance = provenance(name, args, options.seed)
  if (origin.load > BUSY) {
    say(`The machine is busy (load ${origin.load.toFixed(1)}): times mean little, and engines that spin suffer most.`)
  }
  const { settings, results, text, chart, holds } = await run()
  const whole = { benchmark: name, holds: holds ?? null, provenance: origin, settings, results }
  const json = JSON.stringify(whole, undefined, 2)
  await mkdir(RESULTS, { recursive: true })
  const stem = join(RESULTS, `${name}${options.quick ? '-quick' : ''}`)
  await writeFile(`${stem}.json`, `${json}\n`)
  if (chart) await writeFile(`${stem}.svg`, await drawChart(chart))
  process.stdout.write(options.json ? `${json}\n` : `${text}\n`)
  say(`Written: ${stem}.json${chart ? ` and ${stem}.svg` : ''}`)
  if (holds === false) process.exitCode = 1
}
