import { testProcessor } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { typical } from './sampler.ts'

testProcessor({ describe, it }, { name: 'typical(0.2)', create: () => typical(0.2) })
testProcessor({ describe, it }, { name: 'typical(0.9)', create: () => typical(0.9) })
