import { testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { aggressiveInput } from './drafter.ts'

testDrafter({ describe, it }, { create: aggressiveInput })
