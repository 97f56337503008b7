import { testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { type LookaheadOptions, lookahead } from './drafter.ts'

const cases: Record<string, LookaheadOptions> = {
  default: {},
  'a wide window': { window: 4, ngram: 3, guesses: 3, fromText: false },
  bigrams: { window: 2, ngram: 2, guesses: 2 },
  'a deep window and a tiny pool': { window: 1, ngram: 5, guesses: 1, poolKeys: 2 },
}
for (const [name, options] of Object.entries(cases)) {
  testDrafter({ describe, it }, { name: `lookahead, ${name}`, create: () => lookahead(options) })
}
