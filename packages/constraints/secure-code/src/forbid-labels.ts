import { checkInteger, checkKeys, type LogitsProcessor, type Manifest, SPEC_VERSION } from '@foretoken/core'
import { checkInside, checkThreshold, type Label, labelsOf, massOf, nextOfLabels } from './label-set.ts'

/** What the processor says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'processor',
  name: 'forbid-labels',
  paper: {
    title:
      'Efficient Avoidance of Vulnerabilities in Auto-completed Smart Contract Code Using Vulnerability-constrained Decoding',
    authors: 'Storhaug, Li and Hu',
    year: 2023,
    url: 'https://arxiv.org/abs/2309.09826',
  },
  requires: [],
}

export interface ForbidLabelsOptions {
  /** Labels that a fine-tuned model writes before or behind code that is vulnerable: token ids, or sequences of them. */
  readonly labels: readonly Label[]
  /**
   * A label is forbidden where the model gives labels a probability above this, at temperature 1 and before other processors. Below
   * it, the label stays possible: a model that labels too much is then left alone. Default 0: forbidden everywhere.
   */
  readonly threshold?: number | undefined
}

/**
 * Vulnerability-constrained decoding: the model was taught to label vulnerable lines, and is not allowed to write a label. The next
 * token then follows p(v) / (1 − p(label)). Of a label of several tokens the last is forbidden where the others stand, so that its
 * beginning stays possible. Goes before what shapes the distribution, and with any drafter and lossless verifier. It lowers how
 * often vulnerable code is written, and does not exclude it: see `rewriteLabelled` for labels that come behind their line.
 * @throws BAD_OPTION. While decoding, VOCABULARY_MISMATCH for a label that the model does not score, and EMPTY_SUPPORT where nothing
 * but a label is possible.
 * @example
 * const processors = [forbidLabels({ labels: [vulnerable] })]
 */
export function forbidLabels(options: ForbidLabelsOptions): LogitsProcessor {
  checkKeys('forbidLabels', options, ['labels', 'threshold'])
  const { threshold = 0 } = options
  checkThreshold('forbidLabels', threshold)
  return forbidAfter(labelsOf('forbidLabels', options.labels), threshold, [])
}

function forbidAfter(labels: readonly (readonly number[])[], threshold: number, history: number[]): LogitsProcessor {
  return {
    manifest,
    apply(logits) {
      const next = nextOfLabels(labels, history)
      checkInside(next, logits.length)
      if (threshold > 0 && massOf(logits, [...new Set(next)]) <= threshold) return
      for (const id of next) logits[id] = -Infinity
    },
    advance(token) {
      history.push(token)
    },
    rollback(n) {
      checkInteger('forbidLabels', 'n', n, 0, history.length)
      history.length -= n
    },
    fork: () => forbidAfter(labels, threshold, [...history]),
  }
}
