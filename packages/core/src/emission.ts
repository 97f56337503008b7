import { textStream } from './text.ts'

export type FinishReason = 'stop' | 'length'

/** What of a round's tokens leaves the generation. */
export interface Emitted {
  /** How many of the tokens; the rest came after a stop. */
  readonly kept: number
  /** Text that became certain with each kept token, [kept]. */
  readonly pieces: readonly string[]
  /** Set when the stream ends here. */
  readonly finishReason: FinishReason | undefined
}

export interface EmissionOptions {
  readonly limit: number
  readonly stopTokens?: Int32Array | undefined
  readonly stopStrings?: readonly string[] | undefined
  readonly tokenBytes?: ((token: number) => Uint8Array) | undefined
}

/** Cuts the stream of tokens at the first stop token, stop string or at `limit` tokens, and tells its text. */
export function emission(options: EmissionOptions): (tokens: Int32Array) => Emitted {
  const { limit, stopTokens, tokenBytes } = options
  const stream = textStream(options.stopStrings)
  let count = 0
  return (tokens) => {
    let finishReason: FinishReason | undefined
    const pieces: string[] = []
    let kept = 0
    while (kept < tokens.length && finishReason === undefined) {
      const token = tokens[kept++]!
      const isStop = stopTokens?.includes(token) ?? false
      pieces.push(!isStop && tokenBytes ? stream.push(tokenBytes(token)) : '')
      if (isStop || stream.isStopped) finishReason = 'stop'
      else if (++count === limit) finishReason = 'length'
    }
    if (finishReason) pieces[kept - 1] += stream.end()
    return { kept, pieces, finishReason }
  }
}
