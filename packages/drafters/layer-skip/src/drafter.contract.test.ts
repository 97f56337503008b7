import { testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { layerSkip } from './drafter.ts'

testDrafter({ describe, it }, { create: layerSkip })
