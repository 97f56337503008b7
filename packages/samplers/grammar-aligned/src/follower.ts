import { badOption, ForetokenError, type LogitsProcessor, type Manifest, softmax } from '@foretoken/core'
import type { AlignedMatcher, Settings } from './options.ts'
import type { Node, Seen, Trie } from './trie.ts'

/** Laws kept along a path, so that P(child | parent) is known when the child is visited. A draft is seldom deeper. */
const KEPT_LAWS = 32
/** c̃ is at least this where completions may exist: a logit must stay finite. */
const LEAST = 1e-30

/** What a text's place is, in the context and in the trie. */
interface Place {
  /** Tokens of the prompt that were seen. */
  before: number
  /** Tokens after the text ended or left the grammar. */
  beyond: number
  /** The text's tokens. */
  readonly path: number[]
  /** Prefixes in the trie, by depth, the root first; undefined where there was no room. Filled when a law is asked for. */
  readonly nodes: (Node | undefined)[]
  /** Laws after prefixes, by depth, [legal tokens]; the last few. */
  readonly laws: (Kept | undefined)[]
}

/** The probabilities of legal tokens, ids ascending. */
interface Kept {
  readonly ids: Int32Array
  readonly probabilities: Float64Array
}

/** What all followers of one trie share. */
export interface Shared {
  readonly settings: Settings
  readonly trie: Trie
  readonly manifest: Manifest
  readonly isStop: ReadonlySet<number>
  /** Scratch, each [vocabulary]; made when the first logits come. */
  scratch: Scratch
}

interface Scratch {
  readonly law: Float64Array
  readonly raw: Float32Array
  readonly ids: Int32Array
  readonly probabilities: Float64Array
}

/** The processor that a generation is given: its forks follow one text each, and learn of every law that they are asked for. */
export function follower(
  shared: Shared,
  matcher: AlignedMatcher,
  before: readonly LogitsProcessor[],
  place: Place,
): LogitsProcessor {
  const { settings, manifest } = shared
  return {
    manifest,
    apply(logits) {
      if (place.before < settings.prompt.length || place.beyond > 0 || matcher.isFinished) return
      shape(shared, matcher, before, place, logits)
    },
    advance(token) {
      for (const each of before) each.advance(token)
      if (place.before < settings.prompt.length) {
        checkPrompt(settings.prompt, place.before, token)
        place.before++
      } else if (place.beyond > 0 || !matcher.isAllowed(token)) place.beyond++
      else {
        matcher.advance(token)
        place.path.push(token)
      }
    },
    rollback(n) {
      const { path, nodes, laws } = place
      const length = place.before + path.length + place.beyond
      if (!(Number.isInteger(n) && n >= 0 && n <= length)) {
        throw badOption('grammarAligned', 'n', `is ${n}`, `an integer from 0 to ${length}`)
      }
      for (const each of before) each.rollback(n)
      const fromBeyond = Math.min(n, place.beyond)
      const fromPath = Math.min(n - fromBeyond, path.length)
      place.beyond -= fromBeyond
      matcher.rollback(fromPath)
      path.length -= fromPath
      nodes.length = Math.min(nodes.length, path.length + 1)
      laws.length = Math.min(laws.length, path.length + 1)
      place.before -= n - fromBeyond - fromPath
    },
    fork() {
      const { path, nodes, laws } = place
      const copy = { ...place, path: [...path], nodes: [...nodes], laws: [...laws] }
      return follower(
        shared,
        matcher.fork(),
        before.map((each) => each.fork()),
        copy,
      )
    },
  }
}

export const scratchOf = (size: number): Scratch => ({
  law: new Float64Array(size),
  raw: new Float32Array(size),
  ids: new Int32Array(size),
  probabilities: new Float64Array(size),
})

export const beginning = (trie: Trie): Place => ({ before: 0, beyond: 0, path: [], nodes: [trie.root], laws: [] })

/** Q(t | x) ∝ P(t | x) · c̃(x·t), as logits that become this law when divided by the temperature. */
function shape(
  shared: Shared,
  matcher: AlignedMatcher,
  before: readonly LogitsProcessor[],
  place: Place,
  logits: Float32Array,
): void {
  const { settings, trie } = shared
  const { temperature } = settings
  if (shared.scratch.law.length !== logits.length) shared.scratch = scratchOf(logits.length)
  const { law, raw } = shared.scratch
  if (before.length > 0) {
    raw.set(logits)
    for (const each of before) each.apply(logits)
  }
  softmax(logits, temperature, law)
  const isLast = place.path.length + 1 >= settings.maxTokens
  const { seen, kept } = look(shared, matcher.mask(), isLast)
  const node = nodeAt(trie, place)
  place.laws[place.path.length] = kept
  if (place.path.length >= KEPT_LAWS) place.laws[place.path.length - KEPT_LAWS] = undefined
  if (node) {
    trie.see(node, seen)
    weighChildren(trie, node, kept)
  }
  // Truncation may leave the grammar nothing. Such a text has no place in the law; what is written is legal all the same.
  if (seen.legal === 0 && !isLast && before.length > 0) logits.set(raw)
  applyMask(matcher.mask(), logits)
  if (settings.law === 'masked') return
  if (node?.depth === 0 && node.upper === 0) throw nothingPossible()
  if (isLast && seen.legal > 0) maskAllBut(shared.isStop, logits)
  else if (node) weighLogits(node, temperature, logits)
}

/** Sums the law over what the grammar allows. At the last token of a bounded text, that is an end. */
function look(shared: Shared, mask: Uint32Array, isLast: boolean): { seen: Seen; kept: Kept } {
  const { isStop } = shared
  const { law, ids, probabilities } = shared.scratch
  let [legal, stops, choices] = [0, 0, 0]
  for (let id = 0; id < law.length; id++) {
    if (((mask[id >> 5] ?? 0) & (1 << (id & 31))) === 0) continue
    const p = law[id]!
    if (!(p > 0)) continue
    if (isStop.has(id)) stops += p
    else if (isLast) continue
    else {
      ids[choices] = id
      probabilities[choices++] = p
    }
    legal += p
  }
  const kept = { ids: ids.slice(0, choices), probabilities: probabilities.slice(0, choices) }
  return { seen: { legal, stops, choices }, kept }
}

/** The prefix in the trie; those on the way to it are made where there is room. */
function nodeAt(trie: Trie, { path, nodes, laws }: Place): Node | undefined {
  while (nodes.length <= path.length) {
    const depth = nodes.length - 1
    const parent = nodes[depth]
    const token = path[depth]!
    const child = parent && trie.child(parent, token)
    const kept = laws[depth]
    if (child && kept) trie.weigh(child, probabilityOf(kept, token))
    nodes.push(child)
  }
  return nodes[path.length]
}

function weighChildren(trie: Trie, node: Node, kept: Kept): void {
  for (const child of node.children?.values() ?? []) {
    if (Number.isNaN(child.probability)) trie.weigh(child, probabilityOf(kept, child.token))
  }
}

function probabilityOf({ ids, probabilities }: Kept, token: number): number {
  let [low, high] = [0, ids.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (ids[middle]! < token) low = middle + 1
    else high = middle
  }
  return ids[low] === token ? probabilities[low]! : 0
}

/** Adds log c̃ to the logits of visited children. A draft may lead where nothing can be finished; the mask alone holds there. */
function weighLogits(node: Node, temperature: number, logits: Float32Array): void {
  if (node.upper === 0) return
  for (const { token, upper } of node.children?.values() ?? []) {
    if (upper === 0) logits[token] = -Infinity
    else if (upper < 1) logits[token]! += temperature * Math.log(Math.max(upper, LEAST))
  }
}

function maskAllBut(ids: ReadonlySet<number>, logits: Float32Array): void {
  for (let id = 0; id < logits.length; id++) if (!ids.has(id)) logits[id] = -Infinity
}

function applyMask(mask: Uint32Array, logits: Float32Array): void {
  for (let id = 0; id < logits.length; id++) {
    if (((mask[id >> 5] ?? 0) & (1 << (id & 31))) === 0) logits[id] = -Infinity
  }
}

function checkPrompt(prompt: Int32Array, at: number, token: number): void {
  if (prompt[at] === token) return
  const what = `holds token ${prompt[at]} at ${at}, and the generation's holds ${token}`
  throw badOption('grammarAligned', 'prompt', what, 'the same prompt: what was learned holds for no other')
}

function nothingPossible(): ForetokenError {
  return new ForetokenError('EMPTY_SUPPORT', 'No text of the grammar is possible under the model within maxTokens.', {
    fix: 'Raise maxTokens, or loosen the processors of "before".',
  })
}
