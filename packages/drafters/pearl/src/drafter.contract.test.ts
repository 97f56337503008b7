import { testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { pearl } from './drafter.ts'

testDrafter({ describe, it }, { create: pearl })
