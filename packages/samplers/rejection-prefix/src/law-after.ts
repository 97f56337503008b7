import { ForetokenError, type LogitsProcessor, type Model, softmax } from '@foretoken/core'
import type { Settings } from './options.ts'

/** Follows texts behind the prompt and gives the model's law after each token. */
export interface Reader {
  /** Back to the prompt. */
  restart(): void
  /** P(· | x), [vocabulary], in doubles; borrowed. `token` extends x, and is left out after `restart`. */
  law(token: number | undefined, signal: AbortSignal | undefined): Promise<Float64Array>
}

const NO_ROWS = new Int32Array(0)

export function reader({ model, prompt, temperature, before }: Settings): Reader {
  const law = new Float64Array(model.vocabularySize)
  const logits = new Float32Array(model.vocabularySize)
  const first = before.map((processor) => processor.fork())
  for (const processor of first) for (const token of prompt) processor.advance(token)
  let processors: readonly LogitsProcessor[] = []
  return {
    restart() {
      if (model.length >= prompt.length) model.rewind(prompt.length - 1)
      processors = first.map((processor) => processor.fork())
    },
    async law(token, signal) {
      if (token === undefined) await feedPrompt(model, prompt, signal)
      else for (const processor of processors) processor.advance(token)
      throwIfAborted(signal)
      const tokens = Int32Array.of(token ?? prompt.at(-1)!)
      logits.set((await model.step({ tokens })).logits)
      model.commit(Int32Array.of(0))
      for (const processor of processors) processor.apply(logits)
      softmax(logits, temperature, law)
      return law
    },
  }
}

/** Commits the prompt but for its last token. */
async function feedPrompt(model: Model, prompt: Int32Array, signal: AbortSignal | undefined): Promise<void> {
  while (model.length < prompt.length - 1) {
    throwIfAborted(signal)
    const tokens = prompt.slice(model.length, Math.min(model.length + model.maximumRows, prompt.length - 1))
    await model.step({ tokens, logitsFor: NO_ROWS })
    model.commit(tokens.map((_, row) => row))
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return
  throw new ForetokenError('ABORTED', 'The sample was aborted by its signal.', {
    fix: 'Nothing is lost: what was rejected stays so. Call again.',
    cause: signal.reason,
  })
}
