import { testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { ngram } from './drafter.ts'
import { ngramTable } from './ngram-table.ts'

const tokens = Int32Array.from({ length: 200 }, (_, i) => (i * i + (i >> 2)) % 5)
const table = ngramTable([{ tokens }], { vocabularySize: 5 })

testDrafter({ describe, it }, { name: 'ngram of a text', create: () => ngram() })
testDrafter({ describe, it }, { name: 'ngram as a chain', create: () => ngram({ shape: 'chain' }) })
testDrafter(
  { describe, it },
  { name: 'ngram with a table', create: () => ngram({ table, minimumProbability: 0.02 }), vocabularySize: 5 },
)
