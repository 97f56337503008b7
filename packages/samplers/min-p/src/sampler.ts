/**
 * Min-p sampling: a token stays possible when its probability is at least `minP` times that of the most probable one. As a
 * ratio of probabilities is a difference of logits, no softmax is needed.
 */
import {
  badOption,
  checkNumber,
  type LogitsProcessor,
  type Manifest,
  maskBelow,
  maximum,
  SPEC_VERSION,
} from '@foretoken/core'

/** What min-p says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'processor',
  name: 'min-p',
  paper: {
    title: 'Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM Outputs',
    authors: 'Nguyen, Baker, Neo, Roush, Kirsch and Shwartz-Ziv',
    year: 2025,
    url: 'https://arxiv.org/abs/2407.01082',
    section: 'section 3',
  },
  requires: [],
}

/**
 * Keeps tokens with p(x) >= `ratio` · max p, under the softmax of the logits it is given: a temperature that shall matter goes
 * before it.
 * @param ratio The paper's p_base, in (0, 1]; 0.05 to 0.1 is usual.
 * @throws BAD_OPTION
 */
export function minP(ratio: number): LogitsProcessor {
  checkNumber('minP', 'ratio', ratio, 0, 1)
  if (!(ratio > 0)) throw badOption('minP', 'ratio', `is ${ratio}`, 'a number above 0, at most 1')
  const gap = Math.log(ratio)
  const processor: LogitsProcessor = {
    manifest,
    apply(logits) {
      maskBelow(logits, maximum(logits) + gap)
    },
    advance() {},
    rollback() {},
    fork: () => processor,
  }
  return processor
}
