import { PEERS } from '../places.ts'
import { type EngineModule, stopwatch } from './engine.ts'

/** The little that is used of node-llama-cpp. */
interface NodeLlamaCpp {
  getLlama(options: object): Promise<{
    loadModel(options: object): Promise<{
      createContext(options: object): Promise<{ getSequence(): Sequence }>
    }>
  }>
  getModuleVersion(): Promise<string>
}

interface Sequence {
  clearHistory(): Promise<void>
  evaluate(tokens: number[], options: object): AsyncIterable<number>
}

/** node-llama-cpp with its prebuilt binary, on the processor, otherwise with its defaults. */
export const load: EngineModule['load'] = async () => {
  const peers = (await import(String(new URL('engines.mjs', PEERS)))) as { nodeLlamaCpp(): Promise<NodeLlamaCpp> }
  const { getLlama, getModuleVersion } = await peers.nodeLlamaCpp()
  return {
    version: await getModuleVersion(),
    async open({ gguf, threads, contextLength }) {
      const llama = await getLlama({ gpu: false, build: 'never', maxThreads: threads, logLevel: 'error' })
      const model = await llama.loadModel({ modelPath: gguf })
      const context = await model.createContext({
        contextSize: contextLength,
        threads: { ideal: threads, min: threads },
      })
      const sequence = context.getSequence()
      return {
        async generate(prompt, count) {
          await sequence.clearHistory()
          const watch = stopwatch()
          for await (const token of sequence.evaluate([...prompt], { temperature: 0, yieldEogToken: true })) {
            if (watch.token(token) === count) break
          }
          return watch.timing()
        },
      }
    },
  }
}
