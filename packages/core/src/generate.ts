import type { Fate } from './committed.ts'
import { decode, type Summary } from './decode.ts'
import type { DecodeOptions } from './decode-options.ts'
import type { TokenLogProbabilities } from './target.ts'

/** A whole generation. */
export interface Generation extends Summary {
  /** New tokens, the stop token included. */
  readonly tokenIds: Int32Array
  /** Up to the stop token or stop string. Empty without `tokenBytes`. */
  readonly text: string
  /** [tokens] */
  readonly fates: readonly Fate[]
  /** [tokens]; only with `topLogProbabilities`. */
  readonly logProbabilities?: readonly TokenLogProbabilities[]
}

/** Collects `decode` to its end. Same options, same errors. */
export async function generate(options: DecodeOptions): Promise<Generation> {
  const tokenIds: number[] = []
  const fates: Fate[] = []
  const logProbabilities: TokenLogProbabilities[] = []
  let text = ''
  const runs = decode(options)
  for (;;) {
    const next = await runs.next()
    if (next.done) {
      const asked = (options.topLogProbabilities ?? 0) > 0
      return { ...next.value, tokenIds: Int32Array.from(tokenIds), text, fates, ...(asked && { logProbabilities }) }
    }
    tokenIds.push(...next.value.tokenIds)
    fates.push(...next.value.fates)
    logProbabilities.push(...(next.value.logProbabilities ?? []))
    text += next.value.text
  }
}
