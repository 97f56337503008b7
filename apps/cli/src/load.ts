import { loadModel, type PlacedModel } from '@foretoken/backend-node'
import type { Tokenizer } from '@foretoken/checkpoint'
import { openModel, type PreparedHandle } from '@foretoken/checkpoint/node'
import { cacheFolder } from './folders.ts'
import { progress } from './terminal.ts'

export interface LoadOptions {
  readonly threads?: number
  readonly offline?: boolean
  /** Execution provider. Default `cpu`. */
  readonly provider?: string
  readonly worker?: boolean
  /** Load the graph whose sub-layers can be skipped. Default false. */
  readonly skippable?: boolean
}

export interface Loaded {
  readonly prepared: PreparedHandle
  readonly model: PlacedModel
  readonly tokenizer: Tokenizer
  dispose(): Promise<void>
}

/** Opens a model, converting it into the cache on first use, and loads it on this machine. */
export async function load(id: string, options: LoadOptions): Promise<Loaded> {
  const { skippable = false, provider = 'cpu' } = options
  const bar = progress()
  try {
    const prepared = await openModel(id, {
      cacheFolder: cacheFolder(),
      offline: options.offline ?? false,
      skippable,
      // Graphics cards compute in floating point.
      weights: provider === 'cpu' ? 'int8' : 'float32',
      onProgress: bar.report,
    })
    bar.stop()
    const model = await loadModel(prepared.folder, {
      ...(options.threads !== undefined && { threads: options.threads }),
      ...(options.worker !== undefined && { worker: options.worker }),
      providers: [provider],
      skippable,
    })
    return {
      prepared,
      model,
      tokenizer: prepared.tokenizer,
      async dispose() {
        await model.dispose()
        await prepared.dispose()
      },
    }
  } finally {
    bar.stop()
  }
}
