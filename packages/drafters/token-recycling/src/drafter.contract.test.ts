import { testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { tokenRecycling } from './drafter.ts'

testDrafter({ describe, it }, { create: tokenRecycling })
