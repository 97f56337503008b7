import { testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { lookahead } from './drafter.ts'

testDrafter({ describe, it }, { create: lookahead })
