/**
 * The bytes that every continuation of a text shares, in tokens as the model would cut them itself. Two borders need care:
 * - Where the bytes begin, a token could straddle what is committed and what is forced. Both are encoded together.
 * - Where they end, a longer token could reach into what follows. For each byte that may come next the encoding is asked
 *   whether it still cuts there; a token that most of them would swallow is held back.
 */
import { bytesOf, retokenize, type TextTokenizer, textOf, wholeCharacters } from '@foretoken/drafting'
import type { ForcedMatcher } from './options.ts'

/** A chain of tokens, and how sure each is when those before it are right, [tokens] each. */
export interface ForcedTokens {
  readonly tokens: number[]
  readonly confidence: number[]
}

/** What is forced after the last of `before`, at which the matcher stands; it stays as it is. At most `most` tokens. */
export type ForcedContinuation = (matcher: ForcedMatcher, before: readonly number[], most: number) => ForcedTokens

/** Committed tokens that are encoded again with the forced bytes: of longer texts a cut does not depend on the beginning. */
const TAIL = 2
/** Bytes after a border that are tried. */
const TRIED = 24
/** Encodings kept. */
const KEPT = 2048

/** What was learned of tokenizers, as long as they live. */
const known = new WeakMap<TextTokenizer, ForcedContinuation>()

/**
 * Finds the tokens of forced bytes. What is learned of a tokenizer is kept as long as it lives.
 * @example
 * const { tokens } = forcedTokens(tokenizer)(matcher, [...prompt], 16)
 */
export function forcedTokens(tokenizer: TextTokenizer): ForcedContinuation {
  const found = known.get(tokenizer) ?? continuationFor(tokenizer)
  known.set(tokenizer, found)
  return found
}

function continuationFor(tokenizer: TextTokenizer): ForcedContinuation {
  const cut = remembered<number[]>(KEPT)
  const borders = borderOf(tokenizer)
  return (matcher, before, most) => {
    const bytes = matcher.forced()
    const tail = textTail(tokenizer, before)
    const chain =
      bytes.length === 0 ? [] : cut(`${tail.join()} ${bytes.join()}`, () => cutBehind(tokenizer, tail, bytes))
    const tokens: number[] = []
    for (const token of chain) {
      if (!matcher.isAllowed(token)) break
      matcher.advance(token)
      tokens.push(token)
    }
    const confidence = tokens.map(() => 1)
    if (tokens.length === chain.length) {
      const stop = stopAfter(tokenizer, matcher, before)
      if (stop >= 0) confidence[tokens.push(stop) - 1] = 1
      else if (tokens.length > 0) borders(matcher.mask(), [...tail, ...tokens], confidence)
    }
    matcher.rollback(Math.min(tokens.length, chain.length))
    const end = Math.min(most, confidence.length)
    return { tokens: tokens.slice(0, end), confidence: confidence.slice(0, end) }
  }
}

/** The last tokens that are text. */
function textTail(tokenizer: TextTokenizer, before: readonly number[]): number[] {
  const tail: number[] = []
  for (let i = before.length - 1; i >= 0 && tail.length < TAIL; i--) {
    if (bytesOf(tokenizer, before[i]!).length === 0) break
    tail.unshift(before[i]!)
  }
  return tail
}

/** Whole characters of `forced` in tokens; behind a token that the encoding would not end there, as a text of their own. */
function cutBehind(tokenizer: TextTokenizer, tail: readonly number[], forced: Uint8Array): number[] {
  const before = tail.flatMap((token) => [...bytesOf(tokenizer, token)])
  const whole = wholeCharacters([...before, ...forced]) - before.length
  const drafted = [...forced.subarray(0, Math.max(0, whole))]
  const together = retokenize(before, drafted, tokenizer)
  if (together.length > 0 || wholeCharacters(before) < before.length) return together
  return retokenize([], drafted, tokenizer)
}

/** The stop token where no text may follow: of several the one that the context used last. −1 where some may. */
function stopAfter(tokenizer: TextTokenizer, matcher: ForcedMatcher, before: readonly number[]): number {
  if (!matcher.isComplete || matcher.isFinished) return -1
  let stop = -1
  let place = -2
  for (const [word, bits] of matcher.mask().entries()) {
    for (let rest = bits; rest !== 0; rest &= rest - 1) {
      const id = word * 32 + 31 - Math.clz32(rest & -rest)
      if (bytesOf(tokenizer, id).length > 0) return -1
      const last = before.lastIndexOf(id)
      if (last > place) [stop, place] = [id, last]
    }
  }
  return stop
}

/** Lowers the confidence of last tokens that what follows could swallow, and drops those that it mostly would. */
function borderOf(tokenizer: TextTokenizer) {
  const single = singleBytes(tokenizer)
  const lost = remembered<number>(KEPT)
  return (mask: Uint32Array, path: readonly number[], confidence: number[]): void => {
    const last = path.slice(-TAIL)
    const next = single().filter(({ ids }) => ids.some((id) => ((mask[id >> 5]! >> (id & 31)) & 1) === 1))
    if (next.length === 0) return
    const losses = spread(next, TRIED).map(({ byte }) =>
      lost(`${last.join()} ${byte}`, () => lostTo(tokenizer, last, byte)),
    )
    let kept = 1
    for (let n = Math.min(last.length, confidence.length); n > 0; n--) {
      const share = losses.filter((each) => each < n).length / losses.length
      const i = confidence.length - n
      if (share < 0.5) {
        confidence.length = i
        return
      }
      confidence[i] = share / kept
      kept = share
    }
  }
}

/** How many of these tokens, from the last on, the encoding would cut otherwise if `byte` came next. */
function lostTo(tokenizer: TextTokenizer, tokens: readonly number[], byte: number): number {
  const bytes = tokens.flatMap((token) => [...bytesOf(tokenizer, token)])
  const encoded = tokenizer.encode(textOf([...bytes, byte]), { special: false })
  // Ends are counted from behind: an encoding may begin with a space that the text lacks.
  const cuts = new Set(endsOf(tokenizer, encoded, bytes.length + 1))
  const first = endsOf(tokenizer, tokens, bytes.length).findIndex((end) => !cuts.has(end))
  return first < 0 ? 0 : tokens.length - first
}

/** Where each of these tokens ends when the last ends at `length`, in bytes. */
function endsOf(tokenizer: TextTokenizer, tokens: ArrayLike<number>, length: number): number[] {
  const ends = [length]
  for (let i = tokens.length - 1; i > 0; i--) ends.unshift(ends[0]! - bytesOf(tokenizer, tokens[i]!).length)
  return ends
}

/** ASCII bytes and the tokens that spell just them; found when first asked for. */
function singleBytes(tokenizer: TextTokenizer): () => readonly { readonly byte: number; readonly ids: number[] }[] {
  let known: { readonly byte: number; readonly ids: number[] }[] | undefined
  return () => {
    if (known) return known
    known = Array.from({ length: 128 }, (_, byte) => ({ byte, ids: [] }))
    for (let id = 0; id < tokenizer.vocabularySize; id++) {
      const bytes = tokenizer.tokenBytes(id)
      if (bytes.length === 1 && bytes[0]! < 128) known[bytes[0]!]!.ids.push(id)
    }
    return known
  }
}

/** At most `most` of them, evenly spread. */
function spread<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all]
  return Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)]!)
}

/** Remembers up to `most` values by key, then begins anew. */
function remembered<T>(most: number): (key: string, compute: () => T) => T {
  const known = new Map<string, T>()
  return (key, compute) => {
    const found = known.get(key)
    if (found !== undefined) return found
    const made = compute()
    if (known.size >= most) known.clear()
    known.set(key, made)
    return made
  }
}
