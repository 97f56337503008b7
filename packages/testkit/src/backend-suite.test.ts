import { describe, it } from 'vitest'
import { testBackend } from './backend-suite.ts'
import { toyModel } from './toy-model.ts'

testBackend({ describe, it }, { name: 'toy model', create: () => toyModel({ vocabularySize: 5 }) })
testBackend(
  { describe, it },
  { name: 'toy model of few rows', create: () => toyModel({ vocabularySize: 5, maximumRows: 3 }) },
)
testBackend(
  { describe, it },
  { name: 'toy model of one row', create: () => toyModel({ vocabularySize: 5, maximumRows: 1 }) },
)
testBackend(
  { describe, it },
  {
    name: 'toy model that can do little',
    create: () => toyModel({ vocabularySize: 5, supports: ['logits:all-positions'] }),
  },
)
