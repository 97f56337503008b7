import type { LogitsProcessor } from '@foretoken/core'
import { nearbyTable, testDrafter, toyModel, toyTable } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { type DraftModelOptions, draftModel } from './drafter.ts'

const vocabularySize = 4
const logits = nearbyTable(toyTable({ vocabularySize, seed: 3 }), { vocabularySize, seed: 7 })

/** Forbids to say the last token again. */
function noEcho(history: readonly number[] = []): LogitsProcessor {
  const tokens = [...history]
  return {
    manifest: { specVersion: 1, kind: 'processor', name: 'no-echo', requires: [] },
    apply(row) {
      const last = tokens.at(-1)
      if (last !== undefined) row[last] = -Infinity
    },
    advance: (token) => void tokens.push(token),
    rollback: (n) => void tokens.splice(tokens.length - n, n),
    fork: () => noEcho(tokens),
  }
}

const cases: Record<string, Omit<DraftModelOptions, 'model'>> = {
  greedy: {},
  sampled: { temperature: 0.8 },
  'sampled with a processor': { temperature: 1, processors: [noEcho()] },
  'greedy, of some tokens': { vocabulary: [0, 3] },
  'sampled, of some tokens': { temperature: 1, vocabulary: [1, 2, 3] },
  'sampled of some tokens with a processor': { temperature: 0.9, vocabulary: [0, 1, 3], processors: [noEcho()] },
}
for (const [name, options] of Object.entries(cases)) {
  // A model of few rows and a short context: the drafter must feed in chunks, and stop in time.
  const model = () => toyModel({ vocabularySize, logits, maximumRows: 3, contextLength: 40 })
  testDrafter(
    { describe, it },
    {
      name: `draft-model, ${name}`,
      vocabularySize,
      honestLevels: 2,
      create: () => draftModel({ model: model(), ...options }),
    },
  )
}
