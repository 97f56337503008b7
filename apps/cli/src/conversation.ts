import { decode, ForetokenError } from '@foretoken/core'
import type { Composition } from './composition.ts'
import { type DecodeSettings, decodeOptions } from './decode-options.ts'
import { failuresOf } from './summary.ts'

interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/** A talk whose cache outlives each turn: only what the model has not seen yet is fed. */
export class Conversation {
  readonly #composition: Composition
  readonly #settings: DecodeSettings & { readonly system?: string }
  #messages: Message[] = []
  /** Token ids behind the cache, at least `model.length` of them. */
  #seen: Int32Array = new Int32Array(0)

  constructor(composition: Composition, settings: DecodeSettings & { readonly system?: string }) {
    this.#composition = composition
    this.#settings = settings
    if (composition.prepared.info.chatTemplate === undefined) {
      throw new ForetokenError('UNSUPPORTED', `${composition.prepared.info.id} has no chat template.`, {
        fix: 'Choose an instruction-tuned model such as smollm2-135m, or use `foretoken run`.',
      })
    }
    this.reset()
  }

  reset(): void {
    const { system } = this.#settings
    this.#messages = system === undefined ? [] : [{ role: 'system', content: system }]
  }

  /** Answers `text`, writing pieces as they are committed. What was written before an abort stays in the talk. */
  async say(text: string, write: (piece: string) => void, signal: AbortSignal): Promise<string> {
    const { model, tokenizer } = this.#composition
    this.#messages.push({ role: 'user', content: text })
    const prompt = tokenizer.encode(tokenizer.applyChatTemplate(this.#messages, { addGenerationPrompt: true }), {
      special: true,
    })
    model.rewind(Math.min(commonPrefix(prompt, this.#seen), model.length, prompt.length - 1))
    const reused = model.length
    const written: number[] = []
    let answer = ''
    try {
      const run = decode({ ...decodeOptions(this.#composition, this.#settings, prompt), signal })
      for (;;) {
        const next = await run.next()
        if (next.done) {
          const { stats } = next.value
          const speed = `${stats.tokensPerSecond.toFixed(1)} tokens/s`
          const cache = `${reused} of ${prompt.length} prompt tokens from the cache`
          return [speed, cache, ...failuresOf(this.#composition, stats)].join(' · ')
        }
        written.push(...next.value.tokenIds)
        answer += next.value.text
        write(next.value.text)
      }
    } finally {
      this.#messages.push({ role: 'assistant', content: answer })
      this.#seen = Int32Array.from([...prompt, ...written])
    }
  }
}

function commonPrefix(a: Int32Array, b: Int32Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i
  return length
}
