import type { Tokenizer } from '@foretoken/checkpoint'
import type { Model } from '@foretoken/core'
import { feed } from '../model.ts'

/** A talk with a model whose cache outlives each turn: only what the model has not seen is fed. */
export interface Talk {
  /**
   * Feeds what is asked next, but for its last token.
   * @param answers What the model answered to the questions before, [turns − 1] texts.
   * @returns The whole context, and how long the feeding took; nothing when it does not fit into the context.
   */
  ask(questions: readonly string[], answers: readonly string[]): Promise<Asked | undefined>
  /** Follows what a generation after the prompt left in the cache. */
  heard(prompt: Int32Array, tokenIds: Int32Array): void
}

export interface Asked {
  readonly prompt: Int32Array
  readonly prefillMs: number
}

export function talk(model: Model, tokenizer: Tokenizer): Talk {
  /** Tokens behind the cache. */
  let seen: Int32Array = new Int32Array(0)
  return {
    async ask(questions, answers) {
      const prompt = contextOf(tokenizer, questions, answers)
      if (prompt.length >= model.contextLength) return undefined
      const start = performance.now()
      const kept = Math.min(commonPrefix(prompt, seen), model.length, prompt.length - 1)
      model.rewind(kept)
      await feed(model, prompt.subarray(kept, -1))
      seen = prompt
      return { prompt, prefillMs: performance.now() - start }
    },
    heard(prompt, tokenIds) {
      seen = Int32Array.from([...prompt, ...tokenIds])
    },
  }
}

/** Tokens of questions and answers in turn, ready for the next answer. */
export function contextOf(tokenizer: Tokenizer, questions: readonly string[], answers: readonly string[]): Int32Array {
  if (!tokenizer.hasChatTemplate) {
    const text = questions.flatMap((question, i) => [question, answers[i] ?? '']).join('\n')
    return tokenizer.encode(text.trimEnd(), { begin: true, special: false })
  }
  const messages = questions.flatMap((question, i) => [
    { role: 'user' as const, content: question },
    ...(answers[i] === undefined ? [] : [{ role: 'assistant' as const, content: answers[i] }]),
  ])
  return tokenizer.encode(tokenizer.applyChatTemplate(messages, { addGenerationPrompt: true }))
}

function commonPrefix(a: Int32Array, b: Int32Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i
  return length
}
