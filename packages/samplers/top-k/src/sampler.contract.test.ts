import { testProcessor } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { topK } from './sampler.ts'

testProcessor({ describe, it }, { name: 'topK(1)', create: () => topK(1) })
testProcessor({ describe, it }, { name: 'topK(3)', create: () => topK(3) })
