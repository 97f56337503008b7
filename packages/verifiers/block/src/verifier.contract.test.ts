import { testVerifier } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { block } from './verifier.ts'

testVerifier({ describe, it }, { create: block, takesTrees: false, lawCases: 8, lawPairs: 1000 })
