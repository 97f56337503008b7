import { testVerifier } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { tolerance } from './verifier.ts'

testVerifier({ describe, it }, { create: tolerance, reproducesPlain: true })
