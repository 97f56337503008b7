import { testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { forced } from './drafter.ts'

testDrafter({ describe, it }, { create: forced })
