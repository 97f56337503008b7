import { testVerifier } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { tolerance } from './verifier.ts'

testVerifier({ describe, it }, { create: () => tolerance({ beta: 2, tau: 1 }) })
testVerifier({ describe, it }, { create: tolerance, name: 'tolerance, defaults' })
