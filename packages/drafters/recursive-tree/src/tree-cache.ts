import { type Capability, ForetokenError, type Model } from '@foretoken/core'

const NO_ROWS = new Int32Array(0)

/**
 * A draft model's cache that follows the committed text, and scores trees behind it. Nodes are never committed: they are scored again
 * with each level, in the one step that scores the new ones.
 */
export interface TreeCache {
  /** Replaces the text from `from` on. What the cache holds of it stays as far as it agrees. */
  setText(from: number, tokens: ArrayLike<number>): void
  /** Feeds what the cache lacks. Logits after the text, [vocabularySize]; borrowed until the next step. */
  root(): Promise<Float32Array>
  /** Logits after nodes `from` and later of a tree behind the text, [nodes − from, vocabularySize]; borrowed. */
  level(tokens: readonly number[], parents: readonly number[], from: number): Promise<Float32Array>
}

/** `model` is used by nobody else. What its cache holds at first is forgotten. */
export function treeCache(model: Model): TreeCache {
  const text: number[] = []
  /** The cache holds `text` up to here. */
  let agreed = 0

  async function feed(count: number, logitsFor: Int32Array): Promise<Float32Array> {
    const tokens = Int32Array.from(text.slice(model.length, model.length + count))
    const { logits } = await model.step({ tokens, logitsFor })
    model.commit(tokens.map((_, row) => row))
    agreed = model.length
    return logits
  }

  return {
    setText(from, tokens) {
      let same = 0
      while (same < tokens.length && from + same < text.length && text[from + same] === tokens[same]) same++
      text.length = Math.min(text.length, from + same)
      for (let i = same; i < tokens.length; i++) text.push(tokens[i]!)
      agreed = Math.min(agreed, from + same)
    },
    async root() {
      // The last token is fed again when the cache holds it: its logits are gone.
      const keep = Math.min(agreed, text.length - 1)
      if (model.length !== keep) model.rewind(keep)
      let rest = text.length - keep
      for (; rest > model.maximumRows; rest -= model.maximumRows) await feed(model.maximumRows, NO_ROWS)
      return feed(rest, Int32Array.of(rest - 1))
    },
    async level(tokens, parents, from) {
      const logitsFor = Int32Array.from({ length: tokens.length - from }, (_, i) => from + i)
      const { logits } = await model.step({
        tokens: Int32Array.from(tokens),
        parents: Int32Array.from(parents),
        logitsFor,
      })
      return logits
    },
  }
}

/** @throws CAPABILITY_MISSING */
export function checkDraftModel(model: Model, levels: number): void {
  const needed: readonly Capability[] = levels > 1 ? ['kv:rewind', 'attention:tree-mask'] : ['kv:rewind']
  const missing = needed.find((capability) => !model.supports.has(capability))
  if (missing === undefined) return
  throw new ForetokenError(
    'CAPABILITY_MISSING',
    `The draft model does not support ${missing}, which recursive-tree needs.`,
    {
      fix: 'Choose a draft model that scores trees, or draft chains with draft-model.',
      details: { method: 'recursive-tree', capability: missing },
    },
  )
}
