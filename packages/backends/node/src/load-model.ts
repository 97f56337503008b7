import type { PlacedModel } from '@foretoken/backend-onnx'
import { ForetokenError } from '@foretoken/core'
import { checkSessionOptions, openModelHere, type SessionOptions } from './node-session.ts'
import { openModelInWorker } from './worker-model.ts'

export interface LoadOptions extends SessionOptions {
  /** Run in a worker thread, so that the event loop stays free during steps. Default true. */
  readonly worker?: boolean
}

const KNOWN = ['threads', 'providers', 'maximumRows', 'skippable', 'worker']

/**
 * Loads a prepared model folder (`graph.onnx`, `weights.bin`).
 * Throws `NOT_FOUND`, `BAD_CHECKPOINT`, `BAD_OPTION` and `BACKEND_FAILED`.
 */
export async function loadModel(folder: string, options: LoadOptions = {}): Promise<PlacedModel> {
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name))
  if (unknown !== undefined) {
    throw new ForetokenError('BAD_OPTION', `loadModel has no option ${unknown}.`, {
      fix: `Choose from ${KNOWN.join(', ')}.`,
    })
  }
  checkSessionOptions(options)
  const { worker = true, ...session } = options
  return worker ? openModelInWorker(folder, session) : openModelHere(folder, session)
}
