import { testVerifier } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { recursiveRejection } from './verifier.ts'

testVerifier({ describe, it }, { create: recursiveRejection, reproducesPlain: true })
