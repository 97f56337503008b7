import { testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { promptLookup } from './drafter.ts'

testDrafter({ describe, it }, { name: 'prompt-lookup', create: () => promptLookup() })
testDrafter(
  { describe, it },
  {
    name: 'prompt-lookup of the earliest occurrence',
    create: () => promptLookup({ maximumNgram: 2, minimumNgram: 2, prefer: 'earliest' }),
  },
)
