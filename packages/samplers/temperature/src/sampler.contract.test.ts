import { testProcessor } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { temperature } from './sampler.ts'

testProcessor({ describe, it }, { name: 'temperature(0.7)', create: () => temperature(0.7) })
testProcessor({ describe, it }, { name: 'temperature(1.8)', create: () => temperature(1.8) })
