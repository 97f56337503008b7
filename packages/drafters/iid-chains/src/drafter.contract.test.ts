import { nearbyTable, testDrafter, toyModel, toyTable } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { type IidChainsOptions, iidChains } from './drafter.ts'

const vocabularySize = 4
const logits = nearbyTable(toyTable({ vocabularySize, seed: 3 }), { vocabularySize, seed: 7 })

const cases: Omit<IidChainsOptions, 'model'>[] = [
  {},
  { chains: 1, levels: 3 },
  { chains: 3, levels: 2, temperature: 0.7 },
]
for (const options of cases) {
  // A model of few rows and a short context: the drafter must feed in chunks, and stop in time.
  const model = () => toyModel({ vocabularySize, logits, maximumRows: 6, contextLength: 40 })
  testDrafter(
    { describe, it },
    {
      name: `iid-chains ${JSON.stringify(options)}`,
      vocabularySize,
      // Uniforms of two chains of two tokens are all enumerated; of three it takes too long.
      honestLevels: options.chains === 3 ? 1 : 2,
      create: () => iidChains({ model: model(), ...options }),
    },
  )
}
