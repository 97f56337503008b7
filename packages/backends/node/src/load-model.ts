import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { PlacedModel } from '@foretoken/backend-onnx'
import { ForetokenError } from '@foretoken/core'
import { checkSessionOptions, openModelHere, type SessionOptions } from './node-session.ts'
import { openModelInWorker } from './worker-model.ts'

export interface LoadOptions extends SessionOptions {
  /** Run in a worker thread, so that the event loop stays free during steps. Default true, and false for small models. */
  readonly worker?: boolean
}

/**
 * Bytes of weights below which a step is shorter than the wait for a second thread, and not much longer than a message to a
 * worker and back.
 */
const SMALL = 32e6

const KNOWN = ['threads', 'providers', 'maximumRows', 'skippable', 'worker']

/**
 * Loads a prepared model folder (`graph.onnx`, `weights.bin`). A model with less than 32 MB of weights runs in the caller's thread
 * and in no other unless the options say so.
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
  const isSmall = (await weightBytes(folder)) < SMALL
  const { worker = !isSmall, ...session } = { ...(isSmall && { threads: 1 }), ...options }
  return worker ? openModelInWorker(folder, session) : openModelHere(folder, session)
}

/** Zero where there are none: what opens the folder says what is missing. */
async function weightBytes(folder: string): Promise<number> {
  const file = await stat(join(folder, 'weights.bin')).catch(() => undefined)
  return file?.size ?? 0
}
