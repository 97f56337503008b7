/**
 * How much to draft. A round that drafts the nodes v_1 … v_k, most probable first, commits E = 1 + sum P(v_i) tokens and takes T =
 * step(1 + k) + d steps. It should make E − rho · T largest, where rho, the pace, is what a step earns in the long run. All
 * sizes are looked at, not only the next one, so a cheap stretch of the cost curve is seen to its end.
 */

/** What a number of nodes is expected to bring. Times in plain steps. */
export interface Size {
  readonly nodes: number
  /** Expected committed tokens. */
  readonly tokens: number
  /** Expected steps. */
  readonly steps: number
  /** tokens − rho · steps, less a margin for a draft. */
  readonly advantage: number
}

export interface GrowthOptions {
  /** Most nodes. */
  readonly most: number
  /** P of the i-th node, from 0, non-increasing along a path. */
  readonly probability: (i: number) => number
  /** Steps that a round with that many nodes takes in all. */
  readonly steps: (nodes: number) => number
  readonly pace: number
  /** Most steps that the round may lose. */
  readonly headroom: number
  /** Least nodes. Default 0. */
  readonly least?: number
}

/** A draft must promise this much of a plain step more than none: estimates and prices are not exact. */
const MARGIN = 0.02

/** The best size; 0 nodes are always possible unless `least` says otherwise. */
export function bestSize(options: GrowthOptions): Size {
  const { most, probability, steps, pace, headroom, least = 0 } = options
  let tokens = 1
  let best: Size | undefined
  for (let nodes = 0; nodes <= most; nodes++) {
    if (nodes > 0) tokens += probability(nodes - 1)
    if (nodes < least) continue
    const time = steps(nodes)
    const advantage = tokens - pace * time - (nodes > 0 ? MARGIN : 0)
    if (nodes > least && time - 1 > headroom) break
    if (best === undefined || advantage > best.advantage + 1e-12) best = { nodes, tokens, steps: time, advantage }
  }
  return best ?? { nodes: 0, tokens: 1, steps: steps(0), advantage: 1 - pace * steps(0) }
}
