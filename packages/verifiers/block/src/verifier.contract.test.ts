import { testVerifier } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { block } from './verifier.ts'

testVerifier({ describe, it }, { create: block, reproducesPlain: true })
