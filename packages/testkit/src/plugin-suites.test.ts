import { categorical, type LogitsProcessor, SPEC_VERSION } from '@foretoken/core'
import { describe, it } from 'vitest'
import { testProcessor } from './processor-suite.ts'
import { testSampler } from './sampler-suite.ts'

/** Lowers the last token's logit by the number of tokens seen. */
function fatigue(history: readonly number[] = []): LogitsProcessor {
  const tokens = [...history]
  return {
    manifest: { specVersion: SPEC_VERSION, kind: 'processor', name: 'fatigue', requires: [] },
    apply(logits) {
      const last = tokens.at(-1)
      if (last !== undefined) logits[last]! -= tokens.length
    },
    advance: (token) => void tokens.push(token),
    rollback: (n) => void tokens.splice(tokens.length - n, n),
    fork: () => fatigue(tokens),
  }
}

testProcessor({ describe, it }, { create: () => fatigue() })
testSampler({ describe, it }, { name: 'categorical', create: () => categorical })
