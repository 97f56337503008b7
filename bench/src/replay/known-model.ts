import type { Capability, Model, StepInput } from '@foretoken/core'

/** What a replayed model knows, and how time passes in it. */
export interface KnownText {
  /** The prompt and the answer that plain decoding gave, [tokens]. */
  readonly text: Int32Array
  readonly vocabularySize: number
  /** A step of so many rows behind so many positions. */
  spend(rows: number, context: number): void
}

const SUPPORTS: readonly Capability[] = [
  'logits:all-positions',
  'attention:tree-mask',
  'kv:rewind',
  'kv:gather',
  'rows:exact',
]
const NO_LOGITS = new Float32Array(0)

/**
 * A model that writes what another one wrote, greedily, and computes nothing: the most probable token behind each row that agrees with the
 * text is the text's next one. Rows that do not agree are never read.
 * @param length Positions in the cache.
 */
export function knownModel({ text, vocabularySize, spend }: KnownText, length: number): Model {
  let committed = length
  return {
    supports: new Set(SUPPORTS),
    vocabularySize,
    contextLength: 1 << 20,
    maximumRows: 64,
    get length() {
      return committed
    },
    async step({ tokens, parents, logitsFor }: StepInput) {
      const depths = depthsOf(tokens, parents)
      spend(tokens.length, committed)
      const argmax = Int32Array.from(logitsFor ?? depths.keys(), (row) => text[committed + depths[row]!] ?? 0)
      return { rows: tokens.length, logits: NO_LOGITS, argmax }
    },
    commit(rows) {
      committed += rows.length
    },
    rewind(to) {
      committed = to
    },
    fork: () => knownModel({ text, vocabularySize, spend }, committed),
    async dispose() {},
    async [Symbol.asyncDispose]() {},
  }
}

/** Positions behind the committed ones at which each row's next token stands, [rows]. */
function depthsOf(tokens: Int32Array, parents: Int32Array | undefined): Int32Array {
  const depths = new Int32Array(tokens.length)
  for (let row = 0; row < tokens.length; row++) {
    const parent = parents?.[row] ?? row - 1
    depths[row] = parent < 0 ? 1 : depths[parent]! + 1
  }
  return depths
}
