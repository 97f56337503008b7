/**
 * Expected future grammaticality, bounded from both sides. L is the set of legal texts, P the model's law, c(x) the probability
 * that a free continuation of x ends in L. With A(x) the tokens that the grammar allows after x, as in section 3.2:
 *
 *   c̃(x) = 1 where x was never visited, and Σ P(t | x) · c̃(x·t) over t in A(x) where it was.
 *
 * Never-visited children are one number, the mass that is left, so a node costs as much as it has visited children.
 */

/** A prefix that was visited. */
export interface Node {
  readonly parent: Node | undefined
  readonly token: number
  readonly depth: number
  /** P(token | parent); NaN while the parent's law was not seen beside it. */
  probability: number
  /** P(A(x) | x), NaN while the law after this prefix was not seen. */
  legal: number
  /** Of `legal`, the mass of tokens that end the text. */
  stops: number
  /** Legal tokens that are possible and do not end the text. */
  choices: number
  /** c̃: at least c. */
  upper: number
  /** Probability of the legal texts known to follow: at most c. */
  lower: number
  children: Map<number, Node> | undefined
}

/** What the law after a prefix tells of it. */
export type Seen = Pick<Node, 'legal' | 'stops' | 'choices'>

export interface Trie {
  readonly root: Node
  readonly size: number
  readonly isFull: boolean
  /** The child, made where there is room. */
  child(node: Node, token: number): Node | undefined
  /** Keeps what was seen first: bounds then never grow, whatever rounding does to later passes. */
  see(node: Node, seen: Seen): void
  /** Keeps P(child | parent). */
  weigh(child: Node, probability: number): void
  /** Brings the bounds up to date with all that was seen. Until then they stay as they are. */
  settle(): void
}

export function trie(mostNodes: number): Trie {
  const root = nodeOf(undefined, -1)
  let size = 1
  let dirty = new Set<Node>()
  return {
    root,
    get size() {
      return size
    },
    get isFull() {
      return size >= mostNodes
    },
    child(node, token) {
      const known = node.children?.get(token)
      if (known || size >= mostNodes) return known
      const made = nodeOf(node, token)
      node.children ??= new Map()
      node.children.set(token, made)
      size++
      return made
    },
    see(node, seen) {
      if (!Number.isNaN(node.legal)) return
      Object.assign(node, { legal: seen.legal, stops: seen.stops, choices: seen.choices })
      dirty.add(node)
    },
    weigh(child, probability) {
      if (!Number.isNaN(child.probability)) return
      child.probability = probability
      dirty.add(child.parent!)
    },
    settle() {
      const todo = dirty
      dirty = new Set()
      settleAll(todo)
    },
  }
}

function nodeOf(parent: Node | undefined, token: number): Node {
  return {
    parent,
    token,
    depth: parent ? parent.depth + 1 : 0,
    probability: Number.NaN,
    legal: Number.NaN,
    stops: 0,
    choices: 0,
    upper: 1,
    lower: 0,
    children: undefined,
  }
}

/** Deepest first, so that each node is computed once. */
function settleAll(dirty: ReadonlySet<Node>): void {
  const levels: Set<Node>[] = []
  const add = (node: Node): void => {
    levels[node.depth] ??= new Set()
    levels[node.depth]!.add(node)
  }
  for (const node of dirty) add(node)
  for (let depth = levels.length - 1; depth >= 0; depth--) {
    for (const node of levels[depth] ?? []) {
      const { upper, lower } = node
      bound(node)
      if (node.parent && (node.upper !== upper || node.lower !== lower)) add(node.parent)
    }
  }
}

/** Relative rounding of sums: what is left of a subtraction is never taken to be less. */
const ROUNDING = 2 ** -50

function bound(node: Node): void {
  const { legal, stops, choices } = node
  if (Number.isNaN(legal)) return
  let [upper, lower] = [stops, stops]
  let [visited, mass] = [0, 0]
  for (const child of node.children?.values() ?? []) {
    const { probability } = child
    if (!(probability > 0)) continue
    visited++
    mass += probability
    upper += probability * child.upper
    lower += probability * child.lower
  }
  // While a child is left, so is some mass: a sentence that can be reached is never lost to rounding.
  if (visited < choices) upper += Math.max(legal - stops - mass, legal * ROUNDING)
  node.upper = Math.min(node.upper, upper)
  node.lower = Math.min(node.upper, Math.max(node.lower, lower))
}
