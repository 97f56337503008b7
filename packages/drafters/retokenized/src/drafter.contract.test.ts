import { nearbyTable, testDrafter, toyModel, toyTable } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { wordTokenizer } from '../fixtures/word-tokenizer.ts'
import { retokenized } from './drafter.ts'
import type { RetokenizedOptions } from './options.ts'

const target = wordTokenizer(['a', 'b', 'ab', 'c'])
const draft = wordTokenizer(['c', 'bc', 'a', 'b', 'ca'])
const draftSize = draft.vocabularySize
const logits = nearbyTable(toyTable({ vocabularySize: draftSize, seed: 3 }), { vocabularySize: draftSize, seed: 7 })

const cases: Omit<RetokenizedOptions, 'model' | 'tokenizers'>[] = [
  {},
  { written: 6 },
  { form: 'shared-tokens' },
  { form: 'shared-tokens', temperature: 0.8 },
]
for (const options of cases) {
  // A model of few rows and a short context: the drafter must feed in chunks, and stop in time.
  const model = () => toyModel({ vocabularySize: draftSize, logits, maximumRows: 3, contextLength: 40 })
  testDrafter(
    { describe, it },
    {
      name: `retokenized ${JSON.stringify(options)}`,
      vocabularySize: target.vocabularySize,
      honestLevels: 2,
      create: () => retokenized({ model: model(), tokenizers: { draft, target }, ...options }),
    },
  )
}
