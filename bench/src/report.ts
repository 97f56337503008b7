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
  /** Further plots, by what follows the benchmark's name in that of the file. */
  readonly charts?: Readonly<Record<string, ChartSpec>>
  /** A page to look at, written beside the JSON. */
  readonly page?: (origin: Provenance) => Promise<string>
  /** What `--json` prints, provenance added. Default: all that is written. */
  readonly brief?: Readonly<Record<string, unknown>>
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
  const { settings, results, text, chart, charts = {}, page, brief, holds } = await run()
  const whole = { benchmark: name, holds: holds ?? null, provenance: origin, settings, results }
  await mkdir(RESULTS, { recursive: true })
  const stem = join(RESULTS, `${name}${options.quick ? '-quick' : ''}`)
  const files: [string, string][] = [[`${stem}.json`, `${JSON.stringify(whole, undefined, 2)}\n`]]
  if (chart) files.push([`${stem}.svg`, await drawChart(chart)])
  for (const [suffix, one] of Object.entries(charts)) files.push([`${stem}-${suffix}.svg`, await drawChart(one)])
  if (page) files.push([`${stem}.html`, await page(origin)])
  for (const [file, content] of files) await writeFile(file, content)
  const printed = brief ? { ...brief, provenance: origin } : whole
  process.stdout.write(options.json ? `${JSON.stringify(printed, undefined, 2)}\n` : `${text}\n`)
  say(`Written: ${files.map(([file]) => file).join(', ')}`)
  if (holds === false) process.exitCode = 1
}
