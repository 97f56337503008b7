import {
  ForetokenError,
  isChain,
  matchWalk,
  rejectionWalk,
  SPEC_VERSION,
  type Verifier,
  type WalkScratch,
  walkScratch,
} from '@foretoken/core'
import { describe, it } from 'vitest'
import { testVerifier } from './verifier-suite.ts'

type Walk = (...args: [...Parameters<Verifier['verify']>, WalkScratch]) => ReturnType<Verifier['verify']>

function lossless(name: string, walk: Walk): Verifier {
  return {
    manifest: { specVersion: SPEC_VERSION, kind: 'verifier', name, requires: [], guarantee: 'lossless' },
    verify: (draft, target, draws) => walk(draft, target, draws, walkScratch(target.vocabularySize)),
  }
}

testVerifier({ describe, it }, { create: () => lossless('rejection', rejectionWalk) })
testVerifier({ describe, it }, { create: () => lossless('match', matchWalk), reproducesPlain: true })
testVerifier(
  { describe, it },
  {
    create: () =>
      lossless('chains', (draft, ...rest) => {
        if (isChain(draft)) return rejectionWalk(draft, ...rest)
        throw new ForetokenError('INVALID_DRAFT', 'chains met a tree.', { fix: 'Draft a chain.' })
      }),
    takesTrees: false,
  },
)
