import type { LogitsProcessor } from '@foretoken/core'
import { nearbyTable, testDrafter, toyModel, toyTable } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { recursiveTree } from './drafter.ts'
import type { RecursiveTreeOptions } from './options.ts'

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

// All uniforms of two levels are enumerated where they only choose tokens; in RSD-S those of values make it endless.
const cases: [string, Omit<RecursiveTreeOptions, 'model'>, number][] = [
  ['RSD-C, greedy', { branching: [2, 2, 1] }, 2],
  ['RSD-C, sampled', { branching: [2, 1], temperature: 0.8 }, 2],
  ['RSD-C, more children than tokens', { branching: [9], temperature: 1 }, 1],
  ['RSD-C, sampled with a processor', { branching: [2, 1], temperature: 1, processors: [noEcho()] }, 1],
  ['RSD-S, greedy', { width: 3, levels: 3 }, 2],
  ['RSD-S, sampled', { width: 3, levels: 3, temperature: 1 }, 1],
]
for (const [name, options, honestLevels] of cases) {
  // A model of few rows and a short context: the drafter must feed in chunks, and stop in time.
  const model = () => toyModel({ vocabularySize, logits, maximumRows: 6, contextLength: 40 })
  const create = () => recursiveTree({ model: model(), ...options })
  testDrafter({ describe, it }, { name: `recursive-tree, ${name}`, vocabularySize, honestLevels, create })
}
