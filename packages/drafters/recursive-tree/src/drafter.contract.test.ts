import { testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { recursiveTree } from './drafter.ts'

testDrafter({ describe, it }, { create: recursiveTree })
