import { testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { templateMethod } from './drafter.ts'

testDrafter({ describe, it }, { create: templateMethod })
