import { testVerifier } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { kSeq } from './verifier.ts'

testVerifier({ describe, it }, { create: kSeq, reproducesPlain: true })
