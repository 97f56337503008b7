import { testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { aded } from './drafter.ts'

// Every uniform is enumerated where honesty is checked: there either one level, which draws nothing, or few iterations.
testDrafter({ describe, it }, { name: 'aded', create: () => aded(), honestLevels: 1 })
testDrafter(
  { describe, it },
  { name: 'aded of three iterations', create: () => aded({ iterations: 3, nodes: 7 }), honestLevels: 3 },
)
