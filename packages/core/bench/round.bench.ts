/** What a round costs outside the model: pnpm vitest bench packages/core */
import { bench, describe } from 'vitest'
import {
  argmax,
  categorical,
  generate,
  MASS_CUT_SCRATCH,
  type Model,
  massCut,
  matchWalk,
  residual,
  rng,
  SPEC_VERSION,
  softmax,
} from '../src/index.ts'
import { toyDrafter } from '../test/toy-drafters.ts'

const vocabularySize = 49_152
const rows = 8
const source = rng(1)
const logits = Float32Array.from({ length: rows * vocabularySize }, (_, i) => 12 * source.uniform(0, i) - 6)
const row = logits.subarray(0, vocabularySize)
const law = new Float32Array(vocabularySize)
softmax(row, 1, law)
const weights = new Float64Array(vocabularySize)
const scratch = new Float64Array(MASS_CUT_SCRATCH)

describe('kernel, one row of 49,152', () => {
  bench('argmax', () => void argmax(row))
  bench('softmax', () => void softmax(row, 0.7, law))
  bench('categorical', () => void categorical(law, 0.999))
  bench('residual', () => void residual(law, law, 0.5, weights))
  bench('massCut', () => void massCut(law, law, 0.9, scratch))
})

/** A model that answers at once, so that only the loop is left. */
function instantModel(): Model {
  let length = 0
  return {
    supports: new Set(['logits:all-positions'] as const),
    vocabularySize,
    contextLength: 1e6,
    maximumRows: 64,
    get length() {
      return length
    },
    step: async ({ tokens, logitsFor }) => ({
      rows: tokens.length,
      logits: logits.subarray(0, logitsFor!.length * vocabularySize),
    }),
    commit(kept) {
      length += kept.length
    },
    rewind() {},
    fork: instantModel,
    dispose: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

const best = Int32Array.from({ length: rows }, (_, i) =>
  argmax(logits.subarray(i * vocabularySize, (i + 1) * vocabularySize)),
)
const manifest = { specVersion: SPEC_VERSION, kind: 'verifier', name: 'match', requires: [] } as const
const prompt = Int32Array.of(1)

describe('100 greedy rounds', () => {
  for (const nodes of [0, 3, 7]) {
    const drafter = toyDrafter((_, room) => ({
      tokens: best.slice(0, Math.min(room, nodes)),
      q: { kind: 'point-mass' },
    }))
    bench(`${nodes} drafted, all accepted`, async () => {
      const options = { model: instantModel(), prompt, drafter, verifier: { manifest, verify: matchWalk } }
      await generate({ ...options, maxTokens: 100 * (nodes + 1) })
    })
  }
})
