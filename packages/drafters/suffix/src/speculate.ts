/**
 * What to draft after a text, from a counted suffix tree. Every suffix of the text, of m tokens, is a pattern s; the draft from
 * it follows the counts, P(s d1 … di) = count(s d1 … di) / count(s), for at most m · factor + offset tokens. The pattern whose
 * draft has the largest sum of P, the expected number of accepted tokens, wins.
 */
import { bestChild, locate, ROOT, type Sequence, type SuffixTree, tokenAt } from '@foretoken/drafting'

export interface Rule {
  readonly shape: 'chain' | 'tree'
  /** Drafted tokens for each token of the pattern: alpha of MAX_SPEC = alpha · m. */
  readonly factor: number
  readonly offset: number
  /** A token less probable than this after the pattern is not drafted, nor is what follows it. */
  readonly minimumProbability: number
}

/** A draft in buffers that are used again. */
export interface Candidate {
  /** [at least length] */
  tokens: Int32Array
  parents: Int32Array
  confidence: Float32Array
  length: number
  /** Sum of P over the nodes. */
  score: number
}

/** What limits a draft, and where it is looked up. */
export interface Question {
  /** [at least length] */
  readonly text: Int32Array
  readonly length: number
  /** The text's own sequence in the tree, which ends here without a continuation. */
  readonly own: Sequence | undefined
  /** Most levels. */
  readonly room: number
  /** Most nodes. */
  readonly nodes: number
}

/**
 * Virtual occurrences that went on otherwise, spread over the length of the context: after d equal tokens, n occurrences of
 * which c went on alike give the confidence c / (n + ESCAPE / d). Long contexts are trusted after one occurrence.
 */
const ESCAPE = 2

export function candidate(): Candidate {
  const room = 16
  const [tokens, parents, confidence] = [new Int32Array(room), new Int32Array(room), new Float32Array(room)]
  return { tokens, parents, confidence, length: 0, score: 0 }
}

/**
 * The best draft, in one of the two buffers; patterns of equal score give way to longer ones.
 * @returns The buffer that holds it; empty when no pattern goes on.
 */
export function speculate(
  tree: SuffixTree,
  question: Question,
  rule: Rule,
  buffers: readonly [Candidate, Candidate],
): Candidate {
  const { text, length, room, nodes } = question
  let [best, trial] = buffers
  clear(best)
  const longest = Math.min(tree.depth, length) - 1
  for (let m = 1; m <= longest; m++) {
    const node = locate(tree, text, length - m, length)
    // What never went on does not go on after more tokens either.
    if (node === ROOT || (tree.nodes.depth[node] === m && tree.nodes.firstChild[node] === ROOT)) break
    const budget = Math.min(nodes, Math.floor(m * rule.factor + rule.offset + 1e-6))
    clear(trial)
    if (rule.shape === 'tree') followTree(tree, node, m, budget, question, rule, trial)
    else followPath(tree, node, m, Math.min(room, budget), question, rule, trial)
    if (trial.score >= best.score) [best, trial] = [trial, best]
  }
  return best
}

/** Always the most frequent next token. */
function followPath(
  tree: SuffixTree,
  from: number,
  m: number,
  budget: number,
  question: Question,
  rule: Rule,
  out: Candidate,
): void {
  const { count, depth } = tree.nodes
  let p = 1
  for (let at = from, d = m; out.length < budget; d++) {
    const next = d < depth[at]! ? at : bestChild(tree, at)
    if (next === ROOT) return
    p *= count[next]! / count[at]!
    if (p < rule.minimumProbability) return
    add(out, tokenAt(tree, next, d + 1), out.length - 1, confidenceOf(tree, at, next, d, question.own), p)
    at = next
  }
}

/** A string that may be drafted: its last token continues draft node `parent`. */
interface Leaf {
  readonly at: number
  /** Length of the string, the pattern included. */
  readonly d: number
  readonly parent: number
  readonly p: number
  readonly confidence: number
}

/** The most probable string first, whatever its parent. */
function followTree(
  tree: SuffixTree,
  from: number,
  m: number,
  budget: number,
  question: Question,
  rule: Rule,
  out: Candidate,
): void {
  // Strings in it exclude each other, so it holds at most 1 / minimumProbability.
  const frontier: Leaf[] = []
  extend(tree, from, m, -1, 1, question.own, rule, frontier)
  while (out.length < budget && frontier.length > 0) {
    let first = 0
    for (let i = 1; i < frontier.length; i++) if (frontier[i]!.p > frontier[first]!.p) first = i
    const [leaf] = frontier.splice(first, 1) as [Leaf]
    add(out, tokenAt(tree, leaf.at, leaf.d), leaf.parent, leaf.confidence, leaf.p)
    const isRoom = leaf.d - m < question.room
    if (isRoom) extend(tree, leaf.at, leaf.d, out.length - 1, leaf.p, question.own, rule, frontier)
  }
}

/** Adds the continuations of a string of `d` tokens, the most frequent first. */
function extend(
  tree: SuffixTree,
  at: number,
  d: number,
  parent: number,
  p: number,
  own: Sequence | undefined,
  rule: Rule,
  frontier: Leaf[],
): void {
  const { count, depth, firstChild, next } = tree.nodes
  const leafOf = (child: number): Leaf => {
    const confidence = confidenceOf(tree, at, child, d, own)
    return { at: child, d: d + 1, parent, p: (p * count[child]!) / count[at]!, confidence }
  }
  if (d < depth[at]!) {
    frontier.push(leafOf(at))
    return
  }
  const best = bestChild(tree, at)
  if (best === ROOT) return
  const least = (rule.minimumProbability / p) * count[at]!
  if (count[best]! >= least) frontier.push(leafOf(best))
  for (let child = firstChild[at]!; child !== ROOT; child = next[child]!) {
    if (child !== best && count[child]! >= least) frontier.push(leafOf(child))
  }
}

/** How sure it is that a string of `d` tokens goes on from `at` to `next`; the text's own end says nothing. */
function confidenceOf(tree: SuffixTree, at: number, next: number, d: number, own: Sequence | undefined): number {
  const { count } = tree.nodes
  const isOwnEnd = own !== undefined && d <= own.open && own.loci?.[d - 1] === at && next !== at
  const n = count[at]! - (isOwnEnd ? 1 : 0)
  return count[next]! / (n + ESCAPE / d)
}

function clear(out: Candidate): void {
  out.length = 0
  out.score = 0
}

function add(out: Candidate, token: number, parent: number, confidence: number, p: number): void {
  if (out.length === out.tokens.length) enlarge(out)
  out.tokens[out.length] = token
  out.parents[out.length] = parent
  out.confidence[out.length] = confidence
  out.length++
  out.score += p
}

function enlarge(out: Candidate): void {
  const { tokens, parents, confidence } = out
  out.tokens = new Int32Array(2 * tokens.length)
  out.parents = new Int32Array(2 * tokens.length)
  out.confidence = new Float32Array(2 * tokens.length)
  out.tokens.set(tokens)
  out.parents.set(parents)
  out.confidence.set(confidence)
}
