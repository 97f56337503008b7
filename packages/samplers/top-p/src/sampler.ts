/**
 * Nucleus sampling: the smallest set of most probable tokens whose probability is at least p stays possible (equation 2
 * of the paper). Tokens that tie with the last one stay too, so that the result does not depend on the order of the
 * vocabulary.
 */
import {
  badOption,
  checkNumber,
  type LogitsProcessor,
  MASS_CUT_SCRATCH,
  type Manifest,
  maskBelow,
  massCut,
  maximum,
  SPEC_VERSION,
} from '@foretoken/core'

/** What top-p says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'processor',
  name: 'top-p',
  paper: {
    title: 'The Curious Case of Neural Text Degeneration',
    authors: 'Holtzman, Buys, Du, Forbes and Choi',
    year: 2020,
    url: 'https://arxiv.org/abs/1904.09751',
    section: 'section 3.1',
  },
  requires: [],
}

/**
 * Keeps the nucleus of probability `p`, under the softmax of the logits it is given: a temperature that shall matter goes
 * before it.
 * @param p In (0, 1]; 1 keeps everything.
 * @throws BAD_OPTION
 */
export function topP(p: number): LogitsProcessor {
  checkNumber('topP', 'p', p, 0, 1)
  if (!(p > 0)) throw badOption('topP', 'p', `is ${p}`, 'a number above 0, at most 1')
  const scratch = new Float64Array(MASS_CUT_SCRATCH)
  let weights = new Float64Array(0)
  const processor: LogitsProcessor = {
    manifest,
    apply(logits) {
      if (p === 1) return
      if (weights.length !== logits.length) weights = new Float64Array(logits.length)
      const top = maximum(logits)
      if (top === -Infinity) return
      let sum = 0
      for (let x = 0; x < logits.length; x++) {
        const weight = Math.exp(logits[x]! - top)
        weights[x] = weight
        sum += weight
      }
      maskBelow(logits, massCut(logits, weights, p * sum, scratch))
    },
    advance() {},
    rollback() {},
    fork: () => processor,
  }
  return processor
}
