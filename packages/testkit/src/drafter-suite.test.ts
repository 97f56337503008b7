import { describe, it } from 'vitest'
import { testDrafter } from './drafter-suite.ts'
import { randomDrafter } from './random-drafter.ts'

testDrafter(
  { describe, it },
  { name: 'random chain', create: () => randomDrafter({ vocabularySize: 5 }), honestLevels: 2 },
)
testDrafter(
  { describe, it },
  {
    name: 'random tree',
    create: () => randomDrafter({ vocabularySize: 3, width: 2 }),
    vocabularySize: 3,
    honestLevels: 2,
  },
)
