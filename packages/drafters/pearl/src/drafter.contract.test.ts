import { nearbyTable, testDrafter, toyModel, toyTable } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { type PearlOptions, pearl } from './drafter.ts'

const vocabularySize = 4
const logits = nearbyTable(toyTable({ vocabularySize, seed: 3 }), { vocabularySize, seed: 7 })

const cases: Record<string, Omit<PearlOptions, 'model'>> = {
  greedy: {},
  'greedy, without pre-verify': { preVerify: false, window: 3 },
  sampled: { temperature: 0.8, window: 3 },
  'sampled, without pre-verify': { temperature: 1, window: 2, preVerify: false },
  'measured by a clock that stands still': { window: 'measured', clock: () => 0 },
}
for (const [name, options] of Object.entries(cases)) {
  const create = () =>
    pearl({ model: toyModel({ vocabularySize, logits, maximumRows: 3, contextLength: 40 }), ...options })
  testDrafter({ describe, it }, { name: `pearl, ${name}`, vocabularySize, honestLevels: 2, create })
}
