import { type LogitsProcessor, softmax } from '@foretoken/core'
import { type GrammarAligned, grammarAligned } from '@foretoken/sampler-grammar-aligned'
import type { RejectionPrefix } from '@foretoken/sampler-rejection-prefix'
import type { AlignedCase } from './case.ts'

export type Law = ReadonlyMap<string, number>

/** P(text) / P(grammar) of every text, from the model's logits alone. */
export function conditionalLaw(given: AlignedCase): { law: Law; probability: number } {
  const masses = textLaw(given, (_, row) => row)
  const probability = [...masses.values()].reduce((sum, mass) => sum + mass, 0)
  return { law: new Map(Array.from(masses, ([text, mass]) => [text, mass / probability])), probability }
}

/** The law of the next sample, from a copy: looking teaches nothing. */
export function alignedLaw(sampling: GrammarAligned, given: AlignedCase): Law {
  const { constraint, prompt } = given
  const copy = grammarAligned({ constraint, prompt, saved: sampling.save() })
  const frozen: LogitsProcessor = copy.decoding.processors![0]!.fork()
  for (const token of prompt) frozen.advance(token)
  return textLaw(given, (x, row) => {
    for (const token of x) frozen.advance(token)
    frozen.apply(row)
    frozen.rollback(x.length)
    return row
  })
}

/** The law of the next sample: what a try draws, given that it is legal. */
export function rejectionLaw(sampling: RejectionPrefix, given: AlignedCase): Law {
  const tries = textLaw(given, (x, row) => {
    const matcher = given.constraint.matcher()
    for (const token of x) matcher.advance(token)
    // All illegal tokens are cut, or none is: one tells of the others.
    const illegal = row.findIndex((_, token) => !matcher.isAllowed(token))
    const rest = illegal < 0 ? 1 : sampling.kept([...x, illegal])
    return row.map((logit, t) => logit + Math.log(matcher.isAllowed(t) ? sampling.kept([...x, t]) : rest))
  })
  const legal = [...tries.values()].reduce((sum, mass) => sum + mass, 0)
  return new Map(Array.from(tries, ([text, mass]) => [text, mass / legal]))
}

/** Probability of every text, by its tokens. */
function textLaw(
  { constraint, prompt, logits, prefixes }: AlignedCase,
  shape: (x: readonly number[], row: Float32Array) => Float32Array,
): Law {
  const reached = new Map<string, number>([['', 1]])
  const law = new Map<string, number>()
  const row = new Float64Array(constraint.vocabulary.size)
  const isPrefix = new Set(prefixes.map((x) => x.join()))
  for (const x of prefixes) {
    const mass = reached.get(x.join())!
    const matcher = constraint.matcher()
    for (const token of x) matcher.advance(token)
    softmax(shape(x, logits([...prompt, ...x]).slice()), 1, row)
    for (const [token, share] of row.entries()) {
      const next = [...x, token].join()
      if (isPrefix.has(next)) reached.set(next, mass * share)
      else if (matcher.isComplete && constraint.vocabulary.stopTokens.includes(token)) law.set(next, mass * share)
    }
  }
  return law
}

/** Half of the sum of differences. */
export function distance(a: Law, b: Law): number {
  let sum = 0
  for (const [text, share] of a) sum += Math.abs(share - b.get(text)!)
  return sum / 2
}
