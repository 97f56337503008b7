import { PEERS } from '../places.ts'
import { type EngineModule, type EngineSetup, stopwatch } from './engine.ts'

/** The little that is used of node-llama-cpp. */
interface NodeLlamaCpp {
  getLlama(options: object): Promise<Llama>
  getModuleVersion(): Promise<string>
  readonly InputLookupTokenPredictor: new () => LookupPredictor
  readonly DraftSequenceTokenPredictor: new (sequence: Sequence) => object
}

interface Llama {
  loadModel(options: object): Promise<{ createContext(options: object): Promise<Context> }>
}

interface Context {
  getSequence(options?: object): Sequence
}

interface Sequence {
  clearHistory(): Promise<void>
  evaluate(tokens: number[], options: object): AsyncIterable<number>
  readonly tokenPredictions: Record<'used' | 'unused' | 'validated' | 'refuted', number>
}

/** It predicts nothing until it is told the input: chat sessions do that, bare sequences do not. */
interface LookupPredictor {
  updateInputTokens(tokens: number[]): void
}

/** node-llama-cpp with its prebuilt binary, on the processor, otherwise with its defaults. */
export const load: EngineModule['load'] = async () => {
  const peers = (await import(String(new URL('engines.mjs', PEERS)))) as { nodeLlamaCpp(): Promise<NodeLlamaCpp> }
  const library = await peers.nodeLlamaCpp()
  return {
    version: await library.getModuleVersion(),
    async open(setup) {
      const { gguf, threads, variant, draftGguf } = setup
      const llama = await library.getLlama({ gpu: false, build: 'never', maxThreads: threads, logLevel: 'error' })
      const context = await openContext(llama, gguf, setup)
      const lookup = variant === 'lookup' ? new library.InputLookupTokenPredictor() : undefined
      const draft = variant === 'draft' ? (await openContext(llama, draftGguf ?? '', setup)).getSequence() : undefined
      const tokenPredictor = draft ? new library.DraftSequenceTokenPredictor(draft) : lookup
      const sequence = context.getSequence(tokenPredictor ? { tokenPredictor } : {})
      return {
        async generate(prompt, count, stops = []) {
          await sequence.clearHistory()
          lookup?.updateInputTokens([...prompt])
          const watch = stopwatch()
          for await (const token of sequence.evaluate([...prompt], { temperature: 0, yieldEogToken: true })) {
            if (watch.token(token) === count || stops.includes(token)) break
          }
          return watch.timing()
        },
        predictions: () => ({ ...sequence.tokenPredictions }),
      }
    },
  }
}

async function openContext(llama: Llama, modelPath: string, { threads, contextLength }: EngineSetup): Promise<Context> {
  const model = await llama.loadModel({ modelPath })
  return model.createContext({ contextSize: contextLength, threads: { ideal: threads, min: threads } })
}
