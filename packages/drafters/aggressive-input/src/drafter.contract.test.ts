import { randomTokens, testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { type AggressiveInputOptions, aggressiveInput } from './drafter.ts'

const forms: [string, AggressiveInputOptions][] = [
  ['aggressive-input', {}],
  ['aggressive-input to the nearest place', { realign: 'nearest', maximumNgram: 2 }],
  ['aggressive-input of another text', { input: randomTokens(30, 4, 7) }],
  ['aggressive-input of a part of the prompt', { input: (prompt) => prompt.subarray(2), realign: 'nearest' }],
]
for (const [name, options] of forms) testDrafter({ describe, it }, { name, create: () => aggressiveInput(options) })
