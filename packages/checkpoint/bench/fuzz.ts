// `pnpm --filter @foretoken/checkpoint fuzz --runs 100000 [--seed 0]`
import { parseArgs } from 'node:util'
import { fuzz } from './mutations.ts'

const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } })
const [runs, seed] = [Number(values.runs ?? 10_000), Number(values.seed ?? 0)]
const start = performance.now()
const report = await fuzz(runs, seed)
const memory = Math.round(process.resourceUsage().maxRSS / 1024)
const seconds = Math.round((performance.now() - start) / 100) / 10
process.stdout.write(`${JSON.stringify({ ...report, seed, seconds, peakMemoryMb: memory }, undefined, 2)}\n`)
process.exitCode = report.crashes.length > 0 ? 1 : 0
