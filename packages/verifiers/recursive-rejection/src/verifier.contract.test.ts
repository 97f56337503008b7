import { testVerifier } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { recursiveRejection } from './verifier.ts'

testVerifier(
  { describe, it },
  { create: recursiveRejection, acceptanceSiblings: 'without-replacement', lawCases: 8, lawPairs: 1000 },
)
