import { nearbyTable, testDrafter, testVerifier, toyModel, toyTable } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { acceptAll } from './accept-all.ts'
import { type EntropySwitchOptions, entropySwitch } from './entropy-switch.ts'

const vocabularySize = 4
const logits = nearbyTable(toyTable({ vocabularySize, seed: 3 }), { vocabularySize, seed: 7 })
const cases: Record<string, Omit<EntropySwitchOptions, 'model'>> = {
  'greedy, switching': { threshold: 1.5, window: 2, dwell: 1 },
  'sampled, switching': { threshold: 1.5, window: 2, dwell: 1, temperature: 0.8 },
  'sampled, small model only': { threshold: Infinity, temperature: 1 },
}
for (const [name, options] of Object.entries(cases)) {
  const model = () => toyModel({ vocabularySize, logits, maximumRows: 3, contextLength: 40 })
  testDrafter(
    { describe, it },
    {
      name: `entropy-switch, ${name}`,
      vocabularySize,
      honestLevels: 2,
      create: () => entropySwitch({ model: model(), ...options }).drafter,
    },
  )
}

testVerifier({ describe, it }, { create: acceptAll, takesTrees: false })
