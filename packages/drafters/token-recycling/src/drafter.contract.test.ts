import { testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { tokenRecycling } from './drafter.ts'
import { paperTemplate, templateOf } from './template.ts'

testDrafter({ describe, it }, { name: 'token-recycling', create: () => tokenRecycling() })
testDrafter(
  { describe, it },
  { name: 'token-recycling of 80 nodes', create: () => tokenRecycling({ template: paperTemplate() }) },
)
testDrafter(
  { describe, it },
  {
    name: 'token-recycling of a chain',
    create: () => tokenRecycling({ width: 2, template: templateOf([[0], [0, 0], [0, 0, 0]]) }),
  },
)
