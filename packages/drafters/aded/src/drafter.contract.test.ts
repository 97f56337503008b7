import { testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { aded } from './drafter.ts'

testDrafter({ describe, it }, { create: aded })
