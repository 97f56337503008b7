import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { decode } from '@foretoken/core'
import { composed } from '../spec/composed.ts'
import { type EngineModule, stopwatch } from './engine.ts'

/** This engine, plain or with a composition: as its users get it, in a worker thread, or inline. */
export const load: EngineModule['load'] = async () => ({
  version: 'workspace',
  async open({ folder, threads, variant, composition }) {
    const prepared = await openModel(folder, { offline: true })
    const model = await loadModel(prepared.folder, { threads, worker: variant !== 'inline' })
    const target = { model, tokenizer: prepared.tokenizer }
    const parts = composition === undefined ? {} : await composed(composition, target, prepared.info.id)
    const counts = { rounds: 0, drafted: 0, accepted: 0 }
    return {
      async generate(prompt, count, stops = []) {
        const watch = stopwatch()
        model.rewind(0)
        const stopTokens = Int32Array.from(stops)
        for await (const run of decode({ model, prompt, maxTokens: count, stopTokens, ...parts })) {
          for (const token of run.tokenIds) watch.token(token)
          counts.rounds++
          counts.drafted += run.stats.drafted
          counts.accepted += run.stats.accepted
        }
        return watch.timing()
      },
      predictions: () => counts,
    }
  },
})
