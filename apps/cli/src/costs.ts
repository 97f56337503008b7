import { join } from 'node:path'
import { type CostCurve, measureCosts, parseCostCurve } from '@foretoken/controller'
import { keep, machineOf, readKept } from './kept.ts'
import type { Loaded, LoadOptions } from './load.ts'
import { colors, note } from './terminal.ts'

/** Kept beside the converted model, and removed with it. */
const FILES = { logits: 'step-costs.json', argmax: 'step-costs-argmax.json' } as const

/** What a step of this model costs on this machine by what it hands over: measured at the first use, then read. */
export async function stepCosts(
  { prepared, model }: Loaded,
  { threads }: LoadOptions,
  wants: 'logits' | 'argmax',
): Promise<CostCurve> {
  const file = join(prepared.folder, FILES[wants])
  const fingerprint = machineOf(threads)
  const stored = await readKept(file, (value) => parseCostCurve(value, fingerprint))
  if (stored !== undefined) return stored
  note(colors.dim(`measuring what steps of ${prepared.info.id} cost on this machine, once …`))
  const curve = await measureCosts(model, { fingerprint, wants, contexts: [32, 384], repetitions: 3 })
  await keep(file, curve)
  return curve
}
