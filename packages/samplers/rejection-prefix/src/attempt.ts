import type { Reader } from './law-after.ts'
import type { Settings } from './options.ts'
import { type Allowed, isKnown, type Prefix, prefix, propose, see, settle } from './trie.ts'

/** What all tries share. */
export interface World {
  readonly settings: Settings
  readonly reader: Reader
  readonly root: Prefix
  readonly isStop: ReadonlySet<number>
  /** Scratch, [vocabulary]. */
  readonly weights: Float64Array
  /** Prefixes in the trie. */
  nodes: number
  /** Forward passes on texts. */
  passes: number
}

/** Draws from weights, [vocabulary], by their sum and by the token's place in the text; −1 where all are 0. */
export type Choose = (weights: Float64Array, sum: number, position: number) => number

/** What a try gave. */
export interface Attempt {
  readonly tokens: readonly number[]
  readonly isLegal: boolean
  /** ln P(tokens). */
  readonly logProbability: number
}

/**
 * One try, from the model's law without what was rejected before. On its way it takes nothing off: a prefix that it is the first to
 * visit may go on illegally, and the try is then rejected. So P(try) = P(text) / kept(root) for every text that was not rejected, and
 * texts that are legal have the conditional law, whatever the trie holds.
 * @param choose Draws the next token.
 * @returns Undefined where nothing is left to try.
 */
export async function attempt(
  world: World,
  choose: Choose,
  signal: AbortSignal | undefined,
): Promise<Attempt | undefined> {
  const { reader, settings, weights, isStop } = world
  const matcher = settings.constraint.matcher()
  const tokens: number[] = []
  const path: Prefix[] = [world.root]
  let node: Prefix | undefined = world.root
  let logProbability = 0
  reader.restart()
  try {
    for (;;) {
      const law = await reader.law(tokens.at(-1), signal)
      world.passes++
      const allowed = allowedBy(matcher.mask(), isStop, tokens.length + 1 >= settings.maxTokens)
      // What is rejected right behind the prompt cannot bend anything before it.
      if (node === world.root && !isKnown(node)) see(node, law, allowed)
      const sum = node ? propose(node, law, allowed, weights) : weightsOf(law, weights)
      const token = choose(weights, sum, tokens.length)
      if (node && !isKnown(node)) see(node, law, allowed)
      if (token < 0) return tokens.length === 0 ? undefined : { tokens, isLegal: false, logProbability }
      tokens.push(token)
      logProbability += Math.log(law[token]!)
      const isLegal = allowed.has(token)
      if (!isLegal || isStop.has(token)) return { tokens, isLegal, logProbability }
      matcher.advance(token)
      node = node && childOf(world, node, token, law[token]!)
      if (node) path.push(node)
    }
  } finally {
    // Also where a pass failed: a law that was seen and not settled would bend the next try.
    settle(path)
  }
}

/** No place in the trie: nothing is known. */
function weightsOf(law: Float64Array, weights: Float64Array): number {
  weights.set(law)
  return 1
}

function childOf(world: World, node: Prefix, token: number, probability: number): Prefix | undefined {
  const known = node.children.get(token)
  if (known || world.nodes >= world.settings.mostNodes) return known
  const child = prefix(probability)
  node.children.set(token, child)
  world.nodes++
  return child
}

/** @param isLast Whether nothing but an end fits. */
export function allowedBy(mask: Uint32Array, isStop: ReadonlySet<number>, isLast: boolean): Allowed {
  return {
    has: (token) => ((mask[token >> 5] ?? 0) & (1 << (token & 31))) !== 0 && (!isLast || isStop.has(token)),
    isStop: (token) => isStop.has(token),
  }
}
