import { constrained } from '@foretoken/constraint'
import type { DecodeOptions } from '@foretoken/core'
import type { Composition } from './composition.ts'
import { type SamplingOptions, sampling } from './sampling.ts'
import { wishes } from './wishes.ts'

export interface DecodeSettings extends SamplingOptions {
  readonly maxTokens: number
  readonly stop?: readonly string[]
  /** Milliseconds that a drafter may take to answer. */
  readonly patience?: number
}

/** Everything `decode` needs of a composition and the user's settings. */
export function decodeOptions(
  composition: Pick<Composition, 'model' | 'drafter' | 'verifier' | 'tokenizer' | 'constraint' | 'watch'>,
  settings: DecodeSettings,
  prompt: Int32Array,
): DecodeOptions {
  const { model, drafter, verifier, tokenizer, constraint, watch } = composition
  const { temperature, processors } = sampling(settings, prompt.length)
  const masks = constraint
    ? [...(watch ? [wishes(watch, prompt.length)] : []), constrained(constraint, { countFrom: prompt.length })]
    : []
  return {
    model,
    ...(drafter === undefined ? {} : { drafter }),
    ...(verifier === undefined ? {} : { verifier }),
    patience: settings.patience,
    prompt,
    temperature,
    // The mask goes first: what follows shapes the law of what is allowed.
    processors: [...masks, ...processors],
    seed: settings.seed,
    maxTokens: settings.maxTokens,
    stopTokens: tokenizer.stopTokens,
    stopStrings: settings.stop ?? [],
    tokenBytes: (token) => tokenizer.tokenBytes(token),
  }
}
