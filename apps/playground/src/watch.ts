import { depthsOf, draftProbability, parentOf, type Verifier } from '@foretoken/core'

/** One round as its verifier saw it. */
export interface Round {
  readonly nodes: readonly RoundNode[]
  /** The token behind the accepted path. */
  readonly token: number
  readonly kind: 'corrected' | 'bonus'
}

/** A drafted token. */
export interface RoundNode {
  readonly token: number
  /** −1 is the last token of the round before. */
  readonly parent: number
  /** From 1. */
  readonly depth: number
  /** Probability after its parent, in the target’s law and in the draft’s. */
  readonly p: number
  readonly q: number
  readonly isAccepted: boolean
}

/** The same verifier, telling each round with a draft. */
export function watched(verifier: Verifier, tell: (round: Round) => void): Verifier {
  return {
    ...verifier,
    verify(draft, target, draws) {
      const outcome = verifier.verify(draft, target, draws)
      if (draft.tokens.length > 0) {
        const accepted = new Set(outcome.path)
        const depths = depthsOf(draft)
        const nodes = Array.from(draft.tokens, (token, node) => ({
          token,
          parent: parentOf(draft, node),
          depth: depths[node]!,
          p: target.probability(parentOf(draft, node), token),
          q: draftProbability(draft, node, target.vocabularySize),
          isAccepted: accepted.has(node),
        }))
        tell({ nodes, token: outcome.token, kind: outcome.kind })
      }
      return outcome
    },
  }
}
