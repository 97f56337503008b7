import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { type CostCurve, measureCosts, parseCostCurve } from '@foretoken/controller'
import type { Loaded, LoadOptions } from './load.ts'
import { colors, note } from './terminal.ts'

/** Kept beside the converted model, and removed with it. */
const FILE = 'step-costs.json'

/** What a step of this model costs on this machine: measured at the first use, then read. */
export async function stepCosts({ prepared, model }: Loaded, { threads }: LoadOptions): Promise<CostCurve> {
  const file = join(prepared.folder, FILE)
  const fingerprint = `${cpus()[0]?.model ?? 'unknown'}, ${threads ?? availableParallelism()} threads`
  const stored = await storedCosts(file, fingerprint)
  if (stored !== undefined) return stored
  note(colors.dim(`measuring what steps of ${prepared.info.id} cost on this machine, once …`))
  const curve = await measureCosts(model, { fingerprint, contexts: [32, 384], repetitions: 3 })
  await store(file, JSON.stringify(curve))
  return curve
}

/** Nothing where there is no curve, or one of another machine. */
async function storedCosts(file: string, fingerprint: string): Promise<CostCurve | undefined> {
  try {
    return parseCostCurve(JSON.parse(await readFile(file, 'utf8')), fingerprint)
  } catch {
    return undefined
  }
}

/** A folder that cannot be written to costs a measurement at every start, and nothing else. */
async function store(file: string, text: string): Promise<void> {
  const partial = `${file}.${randomUUID()}`
  try {
    await writeFile(partial, text)
    await rename(partial, file)
  } catch {
    await rm(partial, { force: true })
  }
}
