import { badOption, type ForetokenError } from '@foretoken/core'
import type { AlignedMatcher, SavedAlignment, Settings } from './options.ts'
import type { Node, Trie } from './trie.ts'

/** What was learned, parents first. Bounds are not kept: they follow. */
export function saved(trie: Trie, settings: Settings): SavedAlignment {
  const { constraint, prompt, temperature, maxTokens, before } = settings
  const nodes: Node[] = [trie.root]
  const parents = [-1]
  for (let i = 0; i < nodes.length; i++) {
    for (const child of nodes[i]!.children?.values() ?? []) {
      nodes.push(child)
      parents.push(i)
    }
  }
  const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value)
  return {
    version: 1,
    constraint: constraint.name,
    vocabularySize: constraint.vocabulary.size,
    prompt: [...prompt],
    temperature,
    maxTokens: maxTokens === Infinity ? null : maxTokens,
    before: before.map(({ manifest }) => manifest.name),
    parents,
    tokens: nodes.map(({ token }) => token),
    probabilities: nodes.map(({ probability }) => orNull(probability)),
    legal: nodes.map(({ legal }) => orNull(legal)),
    stops: nodes.map(({ stops }) => stops),
    choices: nodes.map(({ choices }) => choices),
  }
}

/**
 * Fills an empty trie.
 * @throws BAD_OPTION for what was learned under other settings, or is damaged.
 */
export function restore(trie: Trie, settings: Settings, from: SavedAlignment): void {
  checkSame(settings, from)
  const { parents, tokens, probabilities, legal, stops, choices } = from
  const lists = [parents, tokens, probabilities, legal, stops, choices]
  const length = parents?.length
  if (!lists.every((list) => Array.isArray(list) && list.length === length) || !(length > 0) || parents[0] !== -1) {
    throw damaged('has lists of unequal lengths')
  }
  const nodes: Node[] = [trie.root]
  const matchers: AlignedMatcher[] = [settings.constraint.matcher()]
  for (let i = 0; i < length; i++) {
    if (i > 0) {
      const [parent, at] = [nodes[parents[i]!], matchers[parents[i]!]]
      if (!parent || !at || parent.children?.has(tokens[i]!)) throw damaged(`has no place for prefix ${i}`)
      const child = trie.child(parent, tokens[i]!)
      if (!child) throw badOption('grammarAligned', 'saved', `has ${length} prefixes`, 'at most "mostNodes"')
      if (!at.isAllowed(tokens[i]!)) throw damaged(`has a prefix that the constraint does not allow`)
      const next = at.fork()
      next.advance(tokens[i]!)
      if (next.isFinished) throw damaged('goes on after a stop token')
      nodes.push(child)
      matchers.push(next)
      const p = probabilities[i]
      if (p !== null) trie.weigh(child, share(p))
    }
    if (legal[i] === null) continue
    const seen = { legal: share(legal[i]), stops: share(stops[i]), choices: choices[i]! }
    if (!(Number.isInteger(seen.choices) && seen.choices >= 0)) throw damaged(`has a count of ${seen.choices}`)
    trie.see(nodes[i]!, seen)
  }
  trie.settle()
}

function checkSame({ constraint, prompt, temperature, maxTokens, before }: Settings, from: SavedAlignment): void {
  const mine = {
    version: 1,
    constraint: constraint.name,
    vocabularySize: constraint.vocabulary.size,
    prompt: [...prompt],
    temperature,
    maxTokens: maxTokens === Infinity ? null : maxTokens,
    before: before.map(({ manifest }) => manifest.name),
  }
  for (const [name, value] of Object.entries(mine)) {
    const [theirs, ours] = [from?.[name as keyof typeof mine], value].map((each) => JSON.stringify(each))
    if (theirs !== ours) {
      throw badOption('grammarAligned', 'saved', `was learned with ${name} ${theirs}`, `${name} ${ours}`)
    }
  }
}

/** Rounding may lift a sum of probabilities above 1 a little. */
function share(value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= 1 + 1e-9) return value
  throw damaged(`has a probability of ${String(value)}`)
}

function damaged(what: string): ForetokenError {
  return badOption('grammarAligned', 'saved', what, 'what save() gave, unchanged')
}
