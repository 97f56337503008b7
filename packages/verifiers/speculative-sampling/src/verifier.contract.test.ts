import { testVerifier } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { speculativeSampling } from './verifier.ts'

testVerifier({ describe, it }, { create: speculativeSampling, lawCases: 8 })
