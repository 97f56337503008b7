import { testProcessor } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { penalties } from './sampler.ts'

testProcessor(
  { describe, it },
  { name: 'penalties({ repetition: 1.3 })', create: () => penalties({ repetition: 1.3 }) },
)
testProcessor(
  { describe, it },
  { name: 'penalties({ presence: 0.5, frequency: 0.4 })', create: () => penalties({ presence: 0.5, frequency: 0.4 }) },
)
testProcessor(
  { describe, it },
  {
    name: 'penalties({ repetition: 0.8, frequency: -0.3, countFrom: 5 })',
    create: () => penalties({ repetition: 0.8, frequency: -0.3, countFrom: 5 }),
  },
)
