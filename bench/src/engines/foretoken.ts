import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { decode } from '@foretoken/core'
import { type EngineModule, stopwatch } from './engine.ts'

/** This engine, plain decoding: as its users get it, in a worker thread, or inline. */
export const load: EngineModule['load'] = async () => ({
  version: 'workspace',
  async open({ folder, threads, variant }) {
    const prepared = await openModel(folder, { offline: true })
    const model = await loadModel(prepared.folder, { threads, worker: variant !== 'inline' })
    return {
      async generate(prompt, count) {
        const watch = stopwatch()
        model.rewind(0)
        for await (const run of decode({ model, prompt, maxTokens: count })) {
          for (const token of run.tokenIds) watch.token(token)
        }
        return watch.timing()
      },
    }
  },
})
