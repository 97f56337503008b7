import { testProcessor } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { minP } from './sampler.ts'

testProcessor({ describe, it }, { name: 'minP(0.1)', create: () => minP(0.1) })
testProcessor({ describe, it }, { name: 'minP(1)', create: () => minP(1) })
