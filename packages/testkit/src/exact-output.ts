import {
  type Drafter,
  generate,
  type LogitsProcessor,
  matchWalk,
  rejectionWalk,
  SPEC_VERSION,
  type Verifier,
  walkScratch,
} from '@foretoken/core'
import { checkTokens } from './assertions.ts'
import { randomDrafter } from './random-drafter.ts'
import { toyModel } from './toy-model.ts'

/** Reference verifiers from core's walks. */
export function referenceVerifier(rule: 'match' | 'rejection'): Verifier {
  return {
    manifest: { specVersion: SPEC_VERSION, kind: 'verifier', name: rule, requires: [], guarantee: 'lossless' },
    verify(draft, target, draws) {
      if (rule === 'match') return matchWalk(draft, target, draws)
      return rejectionWalk(draft, target, draws, walkScratch(target.vocabularySize))
    },
  }
}

export interface ExactOutputOptions {
  readonly vocabularySize: number
  /** A drafter for each run; it is disposed. Default: random trees. */
  readonly drafter?: () => Drafter | Promise<Drafter>
  readonly processors?: () => readonly LogitsProcessor[]
  /** Default 3. */
  readonly runs?: number
}

/** @throws Unless greedy output, and sampled output under exact matching, are those of plain decoding. */
export async function exactOutput(options: ExactOutputOptions): Promise<void> {
  const { vocabularySize, processors = () => [], runs = 3 } = options
  const drafter = options.drafter ?? (() => randomDrafter({ vocabularySize, width: 2 }))
  for (const temperature of [0, 1]) {
    for (let seed = 0; seed < runs; seed++) {
      const run = { prompt: Int32Array.of(1, 0, 2, 1, 0), temperature, seed, maxTokens: 30 }
      const model = () => toyModel({ vocabularySize, seed })
      const plain = await generate({ ...run, model: model(), processors: processors() })
      for (const rule of ['match', 'rejection'] as const) {
        if (rule === 'rejection' && temperature > 0) continue
        await using mine = await drafter()
        const verifier = referenceVerifier(rule)
        const fast = await generate({ ...run, model: model(), processors: processors(), drafter: mine, verifier })
        checkTokens(fast.tokenIds, plain.tokenIds, `The tokens at temperature ${temperature}, seed ${seed}`)
      }
    }
  }
}
