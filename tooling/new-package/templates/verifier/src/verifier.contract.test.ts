import { testVerifier } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { templateMethod } from './verifier.ts'

testVerifier({ describe, it }, { create: templateMethod, reproducesPlain: true })
