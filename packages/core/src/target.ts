import { categorical } from './categorical.ts'
import type { LogitsProcessor, Sampler } from './sampler.ts'
import { argmax, logSumExp, scaleBy, softmaxWeights } from './softmax.ts'
import type { DraftShape } from './tree.ts'
import { parentOf } from './tree.ts'
import { largest } from './truncate.ts'
import type { TargetRows } from './verifier.ts'

/** Log-probabilities at one committed token. */
export interface TokenLogProbabilities {
  /** Of the committed token itself; −Infinity when the law excludes it. */
  readonly chosen: number
  /** The most probable tokens, descending, [n]; fewer when fewer are possible. */
  readonly ids: Int32Array
  /** Their log-probabilities, [n]. */
  readonly logProbabilities: Float32Array
}

/** The target's laws of the current round, computed when asked for and kept until the next `load`. */
export interface Target extends TargetRows {
  /**
   * Starts a round: `logits`, [nodes + 1, vocabularySize], row 0 after the last committed token; borrowed. Where nothing but the most
   * probable tokens is needed, `argmax`, [nodes + 1], may stand in for them.
   */
  load(logits: Float32Array, draft: DraftShape, argmax?: Int32Array): void
  /** Log-probabilities after `node`: of its law, or at temperature 0 of the softmax at temperature 1. */
  logProbabilities(node: number, token: number, n: number): TokenLogProbabilities
  /** Appends a committed token to the processors' history. */
  advance(token: number): void
}

export interface TargetOptions {
  readonly vocabularySize: number
  readonly temperature: number
  /** Owned: their history is the context so far. */
  readonly processors: readonly LogitsProcessor[]
  readonly sampler?: Sampler | undefined
}

/** One row: processed logits, and the law once it was asked for. Buffers are kept from round to round. */
interface Row {
  logits: Float32Array | undefined
  /** The law times `sum`: one probability costs no pass over the others. */
  law: Float32Array | undefined
  sum: number
  argmax: number
  processed?: Float32Array
  probabilities?: Float32Array
}

/** Laws after processors, then temperature. Processors see the context and the path of the node they are applied to. */
export function targetLaws(options: TargetOptions): Target {
  const { vocabularySize, temperature, processors, sampler = categorical } = options
  const isGreedy = temperature === 0
  const rows: Row[] = []
  const walked: number[] = []
  let logits: Float32Array = new Float32Array(0)
  let draft: DraftShape = { tokens: new Int32Array(0) }

  /** Moves the processors' history from the node they stand at to `node`. */
  function walkTo(node: number): void {
    const path: number[] = []
    for (let at = node; at >= 0; at = parentOf(draft, at)) path.push(at)
    path.reverse()
    let common = 0
    while (common < walked.length && walked[common] === path[common]) common++
    const back = walked.length - common
    for (const processor of processors) {
      if (back > 0) processor.rollback(back)
      for (let i = common; i < path.length; i++) processor.advance(draft.tokens[path[i]!]!)
    }
    walked.splice(common, back, ...path.slice(common))
  }

  /** The row with its processed logits. */
  function rowAt(node: number): Row {
    const row = rows[node + 1]!
    if (row.logits !== undefined) return row
    const raw = logits.subarray((node + 1) * vocabularySize, (node + 2) * vocabularySize)
    row.logits = raw
    if (processors.length > 0) {
      row.processed ??= new Float32Array(vocabularySize)
      row.processed.set(raw)
      walkTo(node)
      for (const processor of processors) processor.apply(row.processed)
      row.logits = row.processed
    }
    return row
  }

  /** The row with its law, not normalised yet. */
  function weighed(node: number): Row & { law: Float32Array } {
    const row = rowAt(node)
    if (row.law === undefined) {
      row.probabilities ??= new Float32Array(vocabularySize)
      row.law = row.probabilities
      row.sum = 1
      if (isGreedy) row.law.fill(0)[target.argmax(node)] = 1
      else row.sum = softmaxWeights(row.logits!, temperature, row.law)
    }
    return row as Row & { law: Float32Array }
  }

  const target: Target = {
    vocabularySize,
    isGreedy,
    argmax(node) {
      const row = rows[node + 1]!
      if (row.argmax < 0) row.argmax = argmax(rowAt(node).logits!)
      return row.argmax
    },
    logits: (node) => rowAt(node).logits!,
    probability(node, token) {
      const { law, sum } = weighed(node)
      return Math.fround(law[token]! * (1 / sum))
    },
    probabilities(node) {
      const row = weighed(node)
      if (row.sum !== 1) scaleBy(row.law, 1 / row.sum)
      row.sum = 1
      return row.law
    },
    sample(node, u) {
      if (isGreedy) return target.argmax(node)
      if (sampler !== categorical) return sampler(target.probabilities(node), u)
      // The draw that `probabilities` would give, without writing them all.
      const { law, sum } = weighed(node)
      return categorical(law, u, 1, 1 / sum)
    },
    load(next, shape, best) {
      walkTo(-1)
      logits = next
      draft = shape
      while (rows.length <= shape.tokens.length) rows.push({ logits: undefined, law: undefined, sum: 1, argmax: -1 })
      rows.forEach((row, i) => {
        row.logits = undefined
        row.law = undefined
        row.argmax = best?.[i] ?? -1
      })
    },
    logProbabilities(node, token, n) {
      const values = rowAt(node).logits!
      const heat = isGreedy ? 1 : temperature
      const ids = new Int32Array(n)
      largest(values, n, ids)
      const found = ids.subarray(0, ids.indexOf(-1) < 0 ? n : ids.indexOf(-1))
      const normaliser = logSumExp(values, heat)
      const log = (id: number): number => values[id]! / heat - normaliser
      return { chosen: log(token), ids: found, logProbabilities: Float32Array.from(found, log) }
    },
    advance(token) {
      walkTo(-1)
      for (const processor of processors) processor.advance(token)
    },
  }
  return target
}
