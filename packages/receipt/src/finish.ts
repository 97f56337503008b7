import { type FinishReason, textStream } from '@foretoken/core'

export interface FinishOptions {
  /** Most tokens. */
  readonly limit: number
  readonly stopTokens: readonly number[]
  readonly stopStrings: readonly string[]
  readonly tokenBytes?: ((token: number) => Uint8Array) | undefined
}

/** Whether the stream ends with a token: asked with each token in order, until it gives a reason. */
export function finishRule(options: FinishOptions): (token: number) => FinishReason | undefined {
  const { limit, stopTokens, stopStrings, tokenBytes } = options
  const stream = textStream(stopStrings)
  let count = 0
  return (token) => {
    count++
    if (stopTokens.includes(token)) return 'stop'
    if (tokenBytes && stopStrings.length > 0) stream.push(tokenBytes(token))
    if (stream.isStopped) return 'stop'
    return count === limit ? 'length' : undefined
  }
}
