import { testProcessor } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { topP } from './sampler.ts'

testProcessor({ describe, it }, { name: 'topP(0.3)', create: () => topP(0.3) })
testProcessor({ describe, it }, { name: 'topP(0.9)', create: () => topP(0.9) })
