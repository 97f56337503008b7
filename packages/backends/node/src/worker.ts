import { parentPort, workerData } from 'node:worker_threads'
import { serveModel } from '@foretoken/backend-onnx'
import { openModelHere } from './node-session.ts'
import type { WorkerInput } from './worker-model.ts'

const port = parentPort as NonNullable<typeof parentPort>
const { folder, options } = workerData as WorkerInput

await serveModel<undefined>(
  {
    post: (reply, transfer) => port.postMessage(reply, transfer),
    listen: (handle) => port.on('message', handle),
  },
  async () => ({ model: await openModelHere(folder, options), about: undefined }),
)
