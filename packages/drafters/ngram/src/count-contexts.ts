import type { NgramTableOptions, NgramText } from './ngram-table.ts'
import type { SavedNgrams } from './saved-ngrams.ts'

/** nu_m: what the shorter context is worth to one of m tokens, in occurrences. */
const trustOf = (m: number): number => (m === 1 ? 12 : 5)
/** Least probability that is kept: a byte holds it in 255ths. */
const LEAST = 4 / 255

type Shares = ReadonlyMap<number, number>

interface Context {
  /** The token that the shorter context lacks. */
  readonly word: number
  /** Probabilities by token, the likeliest first: those of `LEAST` and more, and as many of them as are kept. */
  readonly law: Shares
  readonly kept: Shares
  readonly children: Context[]
}

/** Counts what follows contexts of growing length; only what a context holds is counted behind longer ones. */
export function countContexts(corpus: readonly NgramText[], options: Required<NgramTableOptions>): SavedNgrams {
  const root: Context = { word: -1, law: new Map(), kept: new Map(), children: [] }
  let places = placesOf(corpus, root)
  for (let m = 1; m <= options.order && places.length > 0; m++) places = extend(places, m, options)
  prune(root, options.tolerance)
  return saved(root, options)
}

/** Where a token was written, and the context before it that has been counted. */
interface Place {
  readonly tokens: Int32Array
  readonly at: number
  readonly next: number
  context: Context
}

function placesOf(corpus: readonly NgramText[], context: Context): Place[] {
  return corpus.flatMap(({ tokens, start = 0, likeliest = tokens }) =>
    Array.from({ length: Math.max(0, tokens.length - start) }, (_, i) => {
      return { tokens, at: start + i, next: likeliest[start + i]!, context }
    }),
  )
}

/** Gives each context its children of `m` tokens. @returns The places whose context has become longer. */
function extend(places: readonly Place[], m: number, options: Required<NgramTableOptions>): Place[] {
  const groups = new Map<Context, Map<number, Place[]>>()
  for (const place of places) {
    if (place.at < m) continue
    const word = place.tokens[place.at - m]!
    const mine = groups.get(place.context) ?? new Map<number, Place[]>()
    if (mine.size === 0) groups.set(place.context, mine)
    const list = mine.get(word)
    if (list) list.push(place)
    else mine.set(word, [place])
  }
  const longer: Place[] = []
  for (const [parent, byWord] of groups) {
    for (const [word, list] of [...byWord].sort(([a], [b]) => a - b)) {
      if (list.length < options.leastOccurrences) continue
      const law = lawOf(list, trustOf(m), parent.law)
      const kept = law.size > options.successors ? new Map([...law].slice(0, options.successors)) : law
      const context: Context = { word, law, kept, children: [] }
      parent.children.push(context)
      for (const place of list) {
        place.context = context
        longer.push(place)
      }
    }
  }
  return longer
}

/** (c(w) + nu · P(w)) / (n + nu) over what followed and the shorter context's law P, where it is `LEAST` or more. */
function lawOf(places: readonly Place[], trust: number, shorter: Shares): Shares {
  const law = new Map<number, number>()
  const total = places.length + trust
  for (const [token, p] of shorter) law.set(token, (trust * p) / total)
  for (const { next } of places) law.set(next, (law.get(next) ?? 0) + 1 / total)
  return new Map([...law].filter(([, p]) => p >= LEAST).sort(([a, p], [b, q]) => q - p || a - b))
}

/** Leaves out contexts without children that tell what their parent tells. */
function prune(context: Context, tolerance: number): void {
  for (const child of context.children) prune(child, tolerance)
  const told = context.children.filter(
    (child) => child.children.length > 0 || distance(child.kept, context.kept) > tolerance,
  )
  context.children.splice(0, Infinity, ...told)
}

function distance(p: Shares, q: Shares): number {
  return Math.max(0, ...[...p.keys(), ...q.keys()].map((token) => Math.abs((p.get(token) ?? 0) - (q.get(token) ?? 0))))
}

/** Level by level, each level in the order of its parents. */
function saved(root: Context, { vocabularySize }: NgramTableOptions): SavedNgrams {
  const children = [root.children.length]
  const words: number[] = []
  const lengths: number[] = []
  const tokens: number[] = []
  const shares: number[] = []
  let order = 0
  for (
    let level: readonly Context[] = root.children;
    level.length > 0;
    level = level.flatMap((each) => each.children)
  ) {
    order++
    for (const context of level) {
      children.push(context.children.length)
      words.push(context.word)
      lengths.push(context.kept.size)
      for (const [token, p] of context.kept) {
        tokens.push(token)
        shares.push(Math.round(255 * p))
      }
    }
  }
  return { vocabularySize, order, children, words, lengths, tokens, shares }
}
