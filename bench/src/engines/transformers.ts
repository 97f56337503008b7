import { basename, dirname } from 'node:path'
import { PEERS } from '../places.ts'
import type { EngineModule } from './engine.ts'
import { generateWith, type Transformers } from './transformers-model.ts'

interface TransformersInNode extends Transformers {
  readonly env: { version: string; allowRemoteModels: boolean; localModelPath: string }
}

/** transformers.js on onnxruntime-node. */
export const load: EngineModule['load'] = async () => {
  const peers = (await import(String(new URL('engines.mjs', PEERS)))) as { transformers(): Promise<TransformersInNode> }
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
        generate: (prompt, count) => generateWith(model, Tensor, prompt, count),
      }
    },
  }
}
