import { testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { suffix } from './drafter.ts'

testDrafter({ describe, it }, { create: suffix })
