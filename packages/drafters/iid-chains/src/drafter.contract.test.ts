import { testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { iidChains } from './drafter.ts'

testDrafter({ describe, it }, { create: iidChains })
