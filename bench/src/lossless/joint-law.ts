import type { Draft, Verifier, VerifyDraws } from '@foretoken/core'
import { type ContextLaw, type KeyedUniform, lawOverUniformsNow, lawRows, plainLaw } from '@foretoken/testkit'
import type { Drafted } from './drafted.ts'

/** Every draft after a context, of at most `room` levels. */
export type Drafts = (context: readonly number[], room: number) => Promise<readonly Drafted[]>

export interface Pairing {
  readonly verifier: Verifier
  readonly drafts: Drafts
  readonly vocabularySize: number
  /** The target's law by the whole context. */
  readonly p: ContextLaw
}

/**
 * The exact joint law of the next `length` tokens, decoded round by round: every draft of a round, every cell of the verifier's uniforms,
 * then the next round from what was committed.
 * @returns Probability by `tokens.join(',')`.
 */
export async function jointLaw(pairing: Pairing, context: readonly number[], length: number): Promise<Law> {
  const known = new Map<string, Promise<Law>>()
  const after = (text: readonly number[]): Promise<Law> => {
    const key = text.join(',')
    const law = known.get(key) ?? round(text)
    known.set(key, law)
    return law
  }
  const round = async (text: readonly number[]): Promise<Law> => {
    const law: Law = new Map()
    const left = context.length + length - text.length
    for (const { draft, probability } of await pairing.drafts(text, left - 1)) {
      for (const [committed, share] of outcomes(pairing, text, draft)) {
        const tokens = committed.split(',').map(Number)
        const rest = tokens.length === left ? NOTHING : await after([...text, ...tokens])
        for (const [more, chance] of rest) {
          const key = more === '' ? committed : `${committed},${more}`
          law.set(key, (law.get(key) ?? 0) + probability * share * chance)
        }
      }
    }
    return law
  }
  return after(context)
}

type Law = Map<string, number>

const NOTHING: Law = new Map([['', 1]])

/** The exact law of what one round commits. */
function outcomes({ verifier, vocabularySize, p }: Pairing, text: readonly number[], draft: Draft): Law {
  return lawOverUniformsNow(
    (uniform) => {
      const rows = lawRows(vocabularySize, draft, (path) => p([...text, ...path]))
      const { path, token } = verifier.verify(draft, rows, drawsOf(uniform))
      return [...Array.from(path, (node) => draft.tokens[node]!), token].join(',')
    },
    { grid: 2 },
  )
}

function drawsOf(uniform: KeyedUniform): VerifyDraws {
  return {
    sample: (offset) => uniform(`sample ${offset}`),
    accept: (offset, index = 0) => uniform(`accept ${offset} ${index}`),
    correct: (offset) => uniform(`correct ${offset}`),
  }
}

/** The joint law of the next `length` tokens of plain sampling. */
export function plainJointLaw(p: ContextLaw, context: readonly number[], length: number): Law {
  return plainLaw((path) => p([...context, ...path]), length)
}
