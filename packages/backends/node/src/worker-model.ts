import { Worker } from 'node:worker_threads'
import { type PlacedModel, type Reply, remoteModel } from '@foretoken/backend-onnx'
import { ForetokenError } from '@foretoken/core'
import type { SessionOptions } from './node-session.ts'

/** What the worker is started with. */
export interface WorkerInput {
  readonly folder: string
  readonly options: SessionOptions
}

/** The same model behind a worker thread. */
export async function openModelInWorker(folder: string, options: SessionOptions): Promise<PlacedModel> {
  const worker = new Worker(...entry({ folder, options }))
  const remote = remoteModel<undefined>({
    post: (request, transfer) => worker.postMessage(request, transfer),
    end: () => worker.terminate(),
    // An idle model keeps no program alive.
    onWaiting: (isWaiting) => (isWaiting ? worker.ref() : worker.unref()),
  })
  worker.on('error', (cause) => remote.fail(gone(cause.message, cause)))
  worker.on('exit', () => remote.fail(gone('it ended')))
  worker.on('message', (reply: Reply) => remote.receive(reply))
  return (await remote.opened).model
}

/** The built worker, or its source when this file runs from source. */
function entry(workerData: WorkerInput): ConstructorParameters<typeof Worker> {
  const isSource = import.meta.url.endsWith('.ts')
  const execArgv = isSource ? ['--conditions=@foretoken/source'] : []
  return [new URL(isSource ? './worker-from-source.mjs' : './worker.js', import.meta.url), { workerData, execArgv }]
}

function gone(why: string, cause?: unknown): ForetokenError {
  return new ForetokenError('BACKEND_FAILED', `The model's worker thread is gone: ${why}.`, {
    fix: 'Load the model again.',
    cause,
  })
}
