import { testVerifier } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { typical } from './verifier.ts'

testVerifier({ describe, it }, { create: typical })
testVerifier({ describe, it }, { create: () => typical({ next: 'sampled' }), name: 'typical, sampled' })
