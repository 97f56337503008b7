import { argmax, checkInteger, checkKeys, type LogitsProcessor, type Manifest } from '@foretoken/core'
import { manifest as forbidManifest } from './forbid-labels.ts'
import { checkInside, checkThreshold, type Label, labelsOf, massOf, nextOfLabels } from './label-set.ts'

export interface WatchLabelsOptions {
  /** As for `forbidLabels`. */
  readonly labels: readonly Label[]
  /** Most positions remembered, drafted ones among them; the oldest are forgotten. Default 100,000. */
  readonly most?: number | undefined
  /** Labels count as identified above this probability. Default: where one is the most probable token. */
  readonly threshold?: number | undefined
}

/** What the model thought of labels at one position. */
export interface LabelSight {
  /** Probability that the next token completes a label, at temperature 1. */
  readonly probability: number
  /** Whether the most probable token completes one, or `threshold` was passed: the model identified a vulnerability here. */
  readonly isIdentified: boolean
}

export interface LabelWatch {
  /** Changes nothing. Goes before `forbidLabels`, or stands alone to report only. */
  readonly processor: LogitsProcessor
  /** What was thought after this context, [tokens]; undefined where it was never asked, or is forgotten. */
  after(context: ArrayLike<number>): LabelSight | undefined
}

const manifest: Manifest = { ...forbidManifest, name: 'watch-labels' }

/**
 * Measures labels without forbidding them: how probable one was at each position, and where the model would have written one.
 * Drafts that were rejected do not disturb it, since a sight belongs to its whole context.
 * @throws BAD_OPTION
 * @example
 * const watch = watchLabels({ labels: [vulnerable] })
 * const { tokenIds } = await generate({ model, prompt, processors: [watch.processor, forbidLabels({ labels: [vulnerable] })] })
 * const first = watch.after(prompt)
 */
export function watchLabels(options: WatchLabelsOptions): LabelWatch {
  checkKeys('watchLabels', options, ['labels', 'most', 'threshold'])
  const { most = 100_000, threshold } = options
  checkThreshold('watchLabels', threshold)
  checkInteger('watchLabels', 'most', most, 1)
  const labels = labelsOf('watchLabels', options.labels)
  const sights = new Map<string, LabelSight>()
  const keep = (key: string, sight: LabelSight): void => {
    sights.delete(key)
    sights.set(key, sight)
    if (sights.size > most) sights.delete(sights.keys().next().value!)
  }
  return {
    processor: watcher({ labels, threshold, keep }, [], [SEED]),
    after(context) {
      let hash = SEED
      for (let i = 0; i < context.length; i++) hash = longer(hash, context[i]!)
      return sights.get(keyOf(hash, context.length))
    },
  }
}

/** Two 32-bit hashes of a context, kept beside its length. Contexts are told apart by these alone: a clash is possible, and improbable. */
type Hash = readonly [number, number]
const SEED: Hash = [0x811c9dc5, 0x9e3779b9]

const longer = ([a, b]: Hash, token: number): Hash => [
  Math.imul(a ^ (token + 1), 0x01000193) ^ (a >>> 15),
  Math.imul(b + token + 1, 0x85ebca6b) ^ (b >>> 13),
]

const keyOf = ([a, b]: Hash, length: number): string => `${a},${b},${length}`

interface Watch {
  readonly labels: readonly (readonly number[])[]
  readonly threshold: number | undefined
  keep(key: string, sight: LabelSight): void
}

function watcher(watch: Watch, history: number[], hashes: Hash[]): LogitsProcessor {
  return {
    manifest,
    apply(logits) {
      const next = [...new Set(nextOfLabels(watch.labels, history))]
      checkInside(next, logits.length)
      watch.keep(keyOf(hashes.at(-1)!, history.length), sightOf(logits, next, watch.threshold))
    },
    advance(token) {
      history.push(token)
      hashes.push(longer(hashes.at(-1)!, token))
    },
    rollback(n) {
      checkInteger('watchLabels', 'n', n, 0, history.length)
      history.length -= n
      hashes.length -= n
    },
    fork: () => watcher(watch, [...history], [...hashes]),
  }
}

function sightOf(logits: Float32Array, labels: readonly number[], threshold: number | undefined): LabelSight {
  const probability = massOf(logits, labels)
  const isIdentified = threshold === undefined ? labels.includes(argmax(logits)) : probability > threshold
  return { probability, isIdentified: labels.length > 0 && isIdentified }
}
