import { type LogitsProcessor, logSumExp, type Manifest, SPEC_VERSION } from '@foretoken/core'
import type { Tokenizer } from '@foretoken/checkpoint'

const manifest = (name: string): Manifest => ({ specVersion: SPEC_VERSION, kind: 'processor', name, requires: [] })
const PLAIN = /^ ?[A-Za-z',.!?"-]+$/
const ABBREVIATIONS = ['Dr', 'Mr', 'Mrs', 'Ms', 'St', 'Drs']

/** Leaves only words and the punctuation of a story on one line: no digits, headings, lists, line ends or special tokens. */
export function plainWords(tokenizer: Tokenizer): LogitsProcessor {
  const banned: number[] = []
  for (let id = 0; id < tokenizer.vocabularySize; id++) {
    const text = tokenizer.decode([id])
    const isPlain = PLAIN.test(text) && !text.includes('--') && text.split('"').length < 3
    if (!isPlain || ABBREVIATIONS.includes(text.trim())) banned.push(id)
  }
  const processor: LogitsProcessor = {
    manifest: manifest('plain-words'),
    apply(logits) {
      for (const id of banned) logits[id] = -Infinity
    },
    advance() {},
    rollback() {},
    fork: () => processor,
  }
  return processor
}

/** Remembers the logits it was last shown, so that a chosen token's log-probability can be read off before shaping. */
export function onlooker(): { readonly processor: LogitsProcessor; logProbability(token: number): number } {
  let seen = new Float32Array(0)
  const processor: LogitsProcessor = {
    manifest: manifest('onlooker'),
    apply(logits) {
      if (seen.length !== logits.length) seen = new Float32Array(logits.length)
      seen.set(logits)
    },
    advance() {},
    rollback() {},
    fork: () => processor,
  }
  return { processor, logProbability: (token) => seen[token]! - logSumExp(seen, 1) }
}

const PENALTY = 1.05
const WINDOW = 60
const REPEATED = 6

/** Discourages tokens of the last 60, and strongly a token that would repeat four in a row. History starts at `from`. */
export function freshPhrases(from: number): LogitsProcessor {
  const withHistory = (history: number[]): LogitsProcessor => ({
    manifest: manifest('fresh-phrases'),
    apply(logits) {
      const story = history.slice(from)
      for (const id of new Set(story.slice(-WINDOW))) logits[id]! *= logits[id]! > 0 ? 1 / PENALTY : PENALTY
      const [a, b, c] = story.slice(-3)
      for (let i = 0; c !== undefined && i + 3 < story.length; i++) {
        if (story[i] === a && story[i + 1] === b && story[i + 2] === c) logits[story[i + 3]!]! -= REPEATED
      }
    },
    advance(token) {
      history.push(token)
    },
    rollback(n) {
      history.length -= n
    },
    fork: () => withHistory([...history]),
  })
  return withHistory([])
}
