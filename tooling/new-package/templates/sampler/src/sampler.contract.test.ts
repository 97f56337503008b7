import { testProcessor } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { templateMethod } from './sampler.ts'

testProcessor({ describe, it }, { create: templateMethod })
