import { testVerifier } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { exactMatch } from './verifier.ts'

testVerifier({ describe, it }, { create: exactMatch, reproducesPlain: true })
