import { capped } from '@foretoken/core'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { randomDrafter, testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { type Controller, controller } from './controller.ts'
import type { ControllerOptions } from './options.ts'
import type { PinnedAsk } from './report.ts'

/** Decisions depend on times and on what was learned; with both fixed, they are functions of the text. */
function fixed(options: Omit<ControllerOptions, 'clock' | 'remember'>): Controller {
  let now = 0
  return controller({ ...options, clock: () => now++, remember: false })
}

const lookup: PinnedAsk = { drafter: 'prompt-lookup', levels: 3 }
const random: PinnedAsk = { drafter: 'random', levels: 3 }
const drafters = () => [promptLookup(), randomDrafter({ vocabularySize: 5 })]

testDrafter({ describe, it }, { name: 'choosing', create: () => fixed({ drafters: drafters() }), honestLevels: 2 })
testDrafter(
  { describe, it },
  { name: 'choosing among lookups', create: () => fixed({ drafters: [promptLookup(), earliest()] }) },
)
testDrafter(
  { describe, it },
  { name: 'pinned to a lookup', create: () => controller({ drafters: drafters(), pinned: [[lookup]] }) },
)
testDrafter(
  { describe, it },
  {
    name: 'pinned to a drawn draft',
    create: () => controller({ drafters: drafters(), pinned: [[lookup], [random], []] }),
    honestLevels: 2,
  },
)
testDrafter(
  { describe, it },
  {
    name: 'pinned to a tree of two lookups',
    create: () =>
      controller({
        drafters: [promptLookup(), earliest()],
        pinned: [[lookup, { drafter: 'prompt-lookup 2', levels: 2 }]],
      }),
  },
)

function earliest() {
  return promptLookup({ prefer: 'earliest', maximumNgram: 1 })
}

testDrafter(
  { describe, it },
  { name: 'of a capped drafter', create: () => fixed({ drafters: [capped(promptLookup(), 2)], trees: false }) },
)
