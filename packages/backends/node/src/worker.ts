import { parentPort, workerData } from 'node:worker_threads'
import { ForetokenError, type Model } from '@foretoken/core'
import { openModelHere } from './node-session.ts'
import type { ErrorReply, Reply, Request, WorkerInput } from './protocol.ts'

/** Runs one loaded model and its forks for another thread. Requests are handled one after the other. */
const port = parentPort as NonNullable<typeof parentPort>
const { folder, options } = workerData as WorkerInput
const models = new Map<number, Model>()

function answer(reply: Reply, transfer: ArrayBuffer[] = []): void {
  port.postMessage(reply, transfer)
}

function fail(model: number, error: unknown): void {
  answer({ kind: 'failed', model, error: describe(error) })
}

function describe(error: unknown): ErrorReply {
  if (ForetokenError.is(error)) {
    const { code, fix } = error
    return { code, fix, message: error.message.slice(0, -fix.length - 1), details: plain(error.details) }
  }
  const message = `The model's worker failed: ${error instanceof Error ? error.message : String(error)}.`
  return { code: 'BACKEND_FAILED', message, fix: 'Load the model again.', details: {} }
}

/** Details that can cross threads. */
function plain(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(details)) as Record<string, unknown>
}

async function handle(request: Request): Promise<void> {
  const model = models.get(request.model) as Model
  switch (request.kind) {
    case 'step': {
      const output = await model.step(request.input)
      const arrays = [output.logits, ...(output.hiddenStates?.values() ?? [])].filter(({ length }) => length > 0)
      answer(
        { kind: 'output', model: request.model, output },
        arrays.map(({ buffer }) => buffer as ArrayBuffer),
      )
      return
    }
    case 'commit':
      model.commit(request.rows)
      return
    case 'rewind':
      model.rewind(request.length)
      return
    case 'fork':
      models.set(request.fork, (request.skipped && model.skipping?.fork(request.skipped)) ?? model.fork())
      return
    case 'dispose':
      models.delete(request.model)
      await model.dispose()
      answer({ kind: 'disposed', model: request.model })
  }
}

try {
  const model = await openModelHere(folder, options)
  models.set(0, model)
  let queue: Promise<void> = Promise.resolve()
  port.on('message', (request: Request) => {
    queue = queue.then(() => handle(request)).catch((error) => fail(request.model, error))
  })
  const { supports, vocabularySize, contextLength, maximumRows, skipping } = model
  const facts = { supports: [...supports], vocabularySize, contextLength, maximumRows }
  answer({ kind: 'ready', facts: { ...facts, ...(skipping && { subLayers: skipping.subLayers }) } })
} catch (error) {
  fail(0, error)
}
