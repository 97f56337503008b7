import { generate, type Verifier } from '@foretoken/core'
import { toyModel } from '@foretoken/testkit'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { expect, it } from 'vitest'
import { firstDifference } from '../first-difference.ts'
import { knownAnswerTree } from './known-answer-tree.ts'

const prompt = Int32Array.of(1, 2, 3)
const plain = async (): Promise<Int32Array> =>
  (await generate({ model: toyModel({ vocabularySize: 12, seed: 4 }), prompt, maxTokens: 40 })).tokenIds

it('finds the first difference, in length too', () => {
  expect(firstDifference(Int32Array.of(1, 2), Int32Array.of(1, 2))).toBeUndefined()
  expect(firstDifference(Int32Array.of(1, 2), Int32Array.of(1, 3))).toBe(1)
  expect(firstDifference(Int32Array.of(1, 2), Int32Array.of(1))).toBe(1)
  expect(firstDifference(Int32Array.of(1), Int32Array.of(1, 2))).toBe(1)
})

it('drafts trees that are accepted and change nothing', async () => {
  const answer = await plain()
  for (let seed = 0; seed < 30; seed++) {
    const model = toyModel({ vocabularySize: 12, seed: 4 })
    const drafter = knownAnswerTree(answer, 12, seed)
    const drafted = await generate({ model, prompt, maxTokens: 40, drafter, verifier: exactMatch() })
    expect(firstDifference(answer, drafted.tokenIds)).toBeUndefined()
    expect(drafted.stats.accepted).toBeGreaterThan(5)
  }
})

it('sees a verifier that accepts a wrong token', async () => {
  const answer = await plain()
  const honest = exactMatch()
  const careless: Verifier = {
    manifest: honest.manifest,
    verify(draft, target, draws) {
      const outcome = honest.verify(draft, target, draws)
      if (draft.tokens.length === 0 || outcome.path.length > 0) return outcome
      return { path: Int32Array.of(0), token: target.argmax(0), kind: 'corrected' }
    },
  }
  const model = toyModel({ vocabularySize: 12, seed: 4 })
  const drafter = knownAnswerTree(answer, 12, 1)
  const drafted = await generate({ model, prompt, maxTokens: 40, drafter, verifier: careless })
  expect(firstDifference(answer, drafted.tokenIds)).toBeDefined()
})
