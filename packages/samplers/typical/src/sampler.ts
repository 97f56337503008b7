/**
 * Locally typical sampling: the tokens whose information −log p(x) lies closest to the entropy H of the law stay possible,
 * as many as it takes to reach probability τ (equation 9 of the paper). Ties with the last one stay too, as in Hugging Face
 * transformers.
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

/** What typical says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'processor',
  name: 'typical',
  paper: {
    title: 'Locally Typical Sampling',
    authors: 'Meister, Pimentel, Wiher and Cotterell',
    year: 2023,
    url: 'https://arxiv.org/abs/2202.00666',
    section: 'section 4',
  },
  requires: [],
}

/**
 * Keeps the locally typical set of probability `mass`, under the softmax of the logits it is given: a temperature that
 * shall matter goes before it.
 * @param mass The paper's τ, in (0, 1]; 1 keeps everything.
 * @throws BAD_OPTION
 */
export function typical(mass: number): LogitsProcessor {
  checkNumber('typical', 'mass', mass, 0, 1)
  if (!(mass > 0)) throw badOption('typical', 'mass', `is ${mass}`, 'a number above 0, at most 1')
  const scratch = new Float64Array(MASS_CUT_SCRATCH)
  let weights = new Float64Array(0)
  let keys = new Float32Array(0)
  const processor: LogitsProcessor = {
    manifest,
    apply(logits) {
      if (mass === 1) return
      if (weights.length !== logits.length) {
        weights = new Float64Array(logits.length)
        keys = new Float32Array(logits.length)
      }
      const sum = typicality(logits, weights, keys)
      if (sum > 0) maskBelow(logits, massCut(keys, weights, mass * sum, scratch), keys)
    },
    advance() {},
    rollback() {},
    fork: () => processor,
  }
  return processor
}

/**
 * Weights proportional to p into `weights`, and −|log p + H| into `keys`, both [vocabularySize]; impossible tokens get the
 * key −Infinity.
 * @returns The sum of the weights; 0 when every token is masked.
 */
function typicality(logits: Float32Array, weights: Float64Array, keys: Float32Array): number {
  const top = maximum(logits)
  if (top === -Infinity) return 0
  let sum = 0
  let moment = 0
  for (let x = 0; x < logits.length; x++) {
    const weight = Math.exp(logits[x]! - top)
    weights[x] = weight
    sum += weight
    // 0 · −Infinity is no number; a token without weight adds nothing to the entropy.
    if (weight > 0) moment += weight * (logits[x]! - top)
  }
  // log p = logit − top − log Σ and H = log Σ − Σ p (logit − top): the logarithms cancel in log p + H.
  const mean = moment / sum
  for (let x = 0; x < logits.length; x++) keys[x] = -Math.abs(logits[x]! - top - mean)
  return sum
}
