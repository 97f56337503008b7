import { basename, dirname } from 'node:path'
import { PEERS } from '../places.ts'
import { type EngineModule, stopwatch } from './engine.ts'

/** The little that is used of transformers.js. */
interface Transformers {
  readonly env: { version: string; allowRemoteModels: boolean; localModelPath: string }
  readonly AutoModelForCausalLM: {
    from_pretrained(folder: string, options: object): Promise<{ generate(options: object): Promise<unknown> }>
  }
  readonly Tensor: new (type: string, data: BigInt64Array, dims: number[]) => unknown
}

/** transformers.js on onnxruntime-node. */
export const load: EngineModule['load'] = async () => {
  const peers = (await import(String(new URL('engines.mjs', PEERS)))) as { transformers(): Promise<Transformers> }
  const { AutoModelForCausalLM, env, Tensor } = await peers.transformers()
  return {
    version: env.version,
    async open({ onnx, variant, threads }) {
      env.allowRemoteModels = false
      env.localModelPath = dirname(onnx)
      const session = { intraOpNumThreads: threads, interOpNumThreads: 1 }
      const options = { dtype: variant, device: 'cpu', session_options: session }
      const model = await AutoModelForCausalLM.from_pretrained(basename(onnx), options)
      return {
        async generate(prompt, count) {
          const watch = stopwatch()
          const shape = [1, prompt.length]
          // The first call hands the prompt back.
          let calls = 0
          const put = (ids: bigint[][]): void => {
            if (calls++ > 0) watch.token(Number(ids[0]![0]))
          }
          await model.generate({
            inputs: new Tensor('int64', BigInt64Array.from(prompt, BigInt), shape),
            attention_mask: new Tensor('int64', new BigInt64Array(prompt.length).fill(1n), shape),
            max_new_tokens: count,
            min_new_tokens: count,
            do_sample: false,
            streamer: { put, end() {} },
          })
          return watch.timing()
        },
      }
    },
  }
}
