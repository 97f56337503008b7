import {
  badOption,
  checkInteger,
  type DecodeOptions,
  type FinishReason,
  generate,
  type LogitsProcessor,
  type Manifest,
  SPEC_VERSION,
} from '@foretoken/core'
import { labelsOf } from './label-set.ts'

/** `decode`'s options, without those that a text written in pieces cannot keep. */
export interface RewriteOptions extends Omit<DecodeOptions, 'stopStrings' | 'topLogProbabilities'> {
  /** Labels of one token each. */
  readonly labels: readonly number[]
  /** Needed: line ends are found in it. */
  readonly tokenBytes: (token: number) => Uint8Array
  /** How often a line is written anew. Default 3. */
  readonly attempts?: number | undefined
}

/** A line that was taken back. */
export interface Rewrite {
  /** Index of the line's first token in `tokenIds`. */
  readonly at: number
  /** What stood there, up to the label, [tokens]. */
  readonly dropped: Int32Array
}

export interface Rewritten {
  /** New tokens without any label, the stop token included. */
  readonly tokenIds: Int32Array
  readonly finishReason: FinishReason
  /** In the order in which they were taken back. */
  readonly rewrites: readonly Rewrite[]
  /** Index of the first token of each line that was labelled once more after the last attempt, and kept. */
  readonly kept: readonly number[]
}

/** Tokens that must not stand at a position of the context. */
type Bans = Map<number, Set<number>>

/**
 * Generates code and takes back the lines that the model labels as vulnerable. When a label is drawn, the line goes back to its
 * start, and is written anew without the token that began it; after `attempts` the line stays, is reported in `kept`, and goes on
 * without the label. A label at the start of a line is forbidden there, which leads to another line. No label is in the output. A
 * text in which no label is drawn is the one that `generate` gives; otherwise the model's law is bent.
 * @throws BAD_OPTION, and what `generate` throws.
 * @example
 * const { tokenIds, rewrites } = await rewriteLabelled({ model, prompt, tokenBytes, labels: [vulnerable] })
 */
export async function rewriteLabelled(options: RewriteOptions): Promise<Rewritten> {
  const { labels, attempts = 3, ...decoding } = options
  const isLabel = checkOptions(options)
  const { model, prompt, tokenBytes, stopTokens = new Int32Array(0), processors = [] } = decoding
  const limit = Math.min(decoding.maxTokens ?? Infinity, model.contextLength - prompt.length + 1)
  const bans: Bans = new Map()
  const rewrites: Rewrite[] = []
  const kept = new Set<number>()
  let written: number[] = []
  for (;;) {
    const { tokenIds, finishReason } = await generate({
      ...decoding,
      prompt: Int32Array.from([...prompt, ...written]),
      maxTokens: limit - written.length,
      stopTokens: Int32Array.from([...stopTokens, ...labels]),
      processors: [...processors, bannedAt(bans)],
    })
    const last = tokenIds.at(-1)!
    written.push(...tokenIds)
    if (!isLabel.has(last)) return { tokenIds: Int32Array.from(written), finishReason, rewrites, kept: [...kept] }
    written.pop()
    const start = lineStart(written, tokenBytes)
    const banned = bans.get(prompt.length + start)
    const isAtStart = start === written.length
    if (!isAtStart && countOf(banned, isLabel) < attempts) {
      rewrites.push({ at: start, dropped: Int32Array.from(written.slice(start)) })
      for (const position of bans.keys()) if (position > prompt.length + start) bans.delete(position)
      ban(bans, prompt.length + start, [written[start]!])
      written = written.slice(0, start)
    } else {
      if (!isAtStart) kept.add(start)
      ban(bans, prompt.length + written.length, labels)
    }
    // The last token must be fed once more: its row decides what follows.
    model.rewind(Math.min(model.length, prompt.length + written.length - 1))
  }
}

function checkOptions({ labels, attempts, tokenBytes, ...rest }: RewriteOptions): ReadonlySet<number> {
  checkInteger('rewriteLabelled', 'attempts', attempts, 0)
  if (typeof tokenBytes !== 'function') {
    throw badOption('rewriteLabelled', 'tokenBytes', `is ${String(tokenBytes)}`, 'a function from tokens to bytes')
  }
  for (const key of ['stopStrings', 'topLogProbabilities']) {
    if (key in rest) throw badOption('rewriteLabelled', key, 'is given', 'none: lines are taken back')
  }
  const all = labelsOf('rewriteLabelled', labels)
  if (all.some((label) => label.length > 1)) {
    throw badOption('rewriteLabelled', 'labels', 'has one of several tokens', 'labels of one token each')
  }
  return new Set(all.flat())
}

/** First tokens of the line that were tried and taken back. */
function countOf(banned: ReadonlySet<number> | undefined, isLabel: ReadonlySet<number>): number {
  return [...(banned ?? [])].filter((token) => !isLabel.has(token)).length
}

function ban(bans: Bans, position: number, tokens: readonly number[]): void {
  bans.set(position, new Set([...(bans.get(position) ?? []), ...tokens]))
}

/** Index behind the last token that holds a line end. */
function lineStart(tokens: readonly number[], tokenBytes: (token: number) => Uint8Array): number {
  for (let i = tokens.length; i > 0; i--) if (tokenBytes(tokens[i - 1]!).includes(10)) return i
  return 0
}

const manifest: Manifest = { specVersion: SPEC_VERSION, kind: 'processor', name: 'banned-at', requires: [] }

/** Masks tokens by position of the context. */
function bannedAt(bans: Bans, length = 0): LogitsProcessor {
  let position = length
  return {
    manifest,
    apply(logits) {
      for (const token of bans.get(position) ?? []) logits[token] = -Infinity
    },
    advance() {
      position++
    },
    rollback(n) {
      position -= n
    },
    fork: () => bannedAt(bans, position),
  }
}
