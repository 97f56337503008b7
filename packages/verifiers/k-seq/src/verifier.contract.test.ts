import { testVerifier } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { kSeq } from './verifier.ts'

testVerifier({ describe, it }, { create: kSeq, lawCases: 8, lawPairs: 1000 })
