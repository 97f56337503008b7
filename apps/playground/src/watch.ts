import { depthsOf, draftProbability, draftRow, parentOf, type TargetRows, type Verifier } from '@foretoken/core'

/** One round with a draft, as its verifier saw it. */
export interface Verified {
  readonly nodes: readonly RoundNode[]
  /** Accepted nodes in path order. */
  readonly path: readonly number[]
  /** The token behind the accepted path. */
  readonly token: number
  readonly kind: 'corrected' | 'bonus'
}

export interface Round extends Verified {
  /** From 1; rounds without a draft count. */
  readonly number: number
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
  /** With what probability the verifier accepts one token drawn from the draft’s law here; of verifiers that say. */
  readonly acceptance?: number
  /** Place among all tokens in the target’s law, from 1; at temperature 0 known of the first only. */
  readonly rank?: number
  readonly isAccepted: boolean
}

export interface Watched {
  readonly verifier: Verifier
  /** Milliseconds that watching took so far. */
  spent(): number
}

/** The same verifier, telling each round with a draft. */
export function watched(verifier: Verifier, tell: (round: Verified) => void): Watched {
  let spent = 0
  return {
    spent: () => spent,
    verifier: {
      ...verifier,
      verify(draft, target, draws) {
        const outcome = verifier.verify(draft, target, draws)
        if (draft.tokens.length === 0) return outcome
        const started = performance.now()
        const accepted = new Set(outcome.path)
        const depths = depthsOf(draft)
        const nodes = Array.from(draft.tokens, (token, node) => {
          const parent = parentOf(draft, node)
          return {
            token,
            parent,
            depth: depths[node]!,
            p: target.probability(parent, token),
            q: draftProbability(draft, node, target.vocabularySize),
            ...(verifier.acceptance &&
              !target.isGreedy && {
                acceptance: verifier.acceptance(
                  target.probabilities(parent),
                  draftRow(draft, node, new Float32Array(target.vocabularySize)),
                  1,
                ),
              }),
            ...rankOf(target, parent, token),
            isAccepted: accepted.has(node),
          }
        })
        tell({ nodes, path: [...outcome.path], token: outcome.token, kind: outcome.kind })
        spent += performance.now() - started
        return outcome
      },
    },
  }
}

function rankOf(target: TargetRows, parent: number, token: number): { readonly rank?: number } {
  if (target.isGreedy) return target.argmax(parent) === token ? { rank: 1 } : {}
  const law = target.probabilities(parent)
  return { rank: 1 + law.reduce((count, each) => count + (each > law[token]! ? 1 : 0), 0) }
}

/** What is known of a drafted token, in words. */
export function facts({ p, q, acceptance, rank }: RoundNode): string {
  const parts = [`p ${p.toFixed(2)}`, `q ${q.toFixed(2)}`]
  if (acceptance !== undefined) parts.push(`accepted here ${acceptance.toFixed(2)}`)
  if (rank !== undefined) parts.push(`rank ${rank}`)
  return parts.join(', ')
}
