import type { Model } from '@foretoken/core'

const NO_ROWS = new Int32Array(0)

/**
 * A draft model's cache that follows a text which may take another turn: what the cache holds is kept as far as the text agrees
 * with it, and the rest is fed when logits are asked for. Trees are scored behind the text and never committed: a rejected one
 * costs nothing to forget.
 */
export interface DraftCache {
  /** The text: committed tokens and what was drafted behind them. Change it with `setText`, `push`. */
  readonly text: readonly number[]
  /** Replaces the text from `from` on. */
  setText(from: number, tokens: ArrayLike<number>): void
  push(token: number): void
  /** Feeds what the cache lacks. Logits after the last token of the text, [vocabularySize]; borrowed until the next call. */
  logits(): Promise<Float32Array>
  /**
   * After `logits`: scores a tree behind the text, all of it in one step. Needs `attention:tree-mask` unless it is a chain.
   * @param parents −1 is the last token of the text.
   * @returns Logits after nodes `from` and later, [nodes − from, vocabularySize]; borrowed until the next call.
   */
  level(tokens: readonly number[], parents: readonly number[], from: number): Promise<Float32Array>
}

/** `model` is used by nobody else and can rewind. What its cache holds at first is forgotten. */
export function draftCache(model: Model): DraftCache {
  const text: number[] = []
  /** What the cache holds is `text` up to here. */
  let agreed = 0

  async function feed(count: number, wantsLogits: boolean): Promise<Float32Array> {
    const from = model.length
    const tokens = Int32Array.from(text.slice(from, from + count))
    const logitsFor = wantsLogits ? Int32Array.of(count - 1) : NO_ROWS
    const { logits } = await model.step({ tokens, logitsFor })
    model.commit(tokens.map((_, row) => row))
    agreed = model.length
    return logits
  }

  return {
    text,
    setText(from, tokens) {
      let same = 0
      while (same < tokens.length && from + same < text.length && text[from + same] === tokens[same]) same++
      if (from + same < text.length) text.length = from + same
      for (let i = same; i < tokens.length; i++) text.push(tokens[i]!)
      agreed = Math.min(agreed, from + same)
    },
    push(token) {
      text.push(token)
    },
    async logits() {
      // The last token is fed again when the cache holds it: its logits are gone.
      const keep = Math.min(agreed, text.length - 1)
      if (model.length !== keep) model.rewind(keep)
      let rest = text.length - keep
      for (; rest > model.maximumRows; rest -= model.maximumRows) await feed(model.maximumRows, false)
      return feed(rest, true)
    },
    async level(tokens, parents, from) {
      const logitsFor = Int32Array.from({ length: tokens.length - from }, (_, i) => from + i)
      const rows = { tokens: Int32Array.from(tokens), parents: Int32Array.from(parents) }
      const { logits } = await model.step({ ...rows, logitsFor })
      return logits
    },
  }
}
