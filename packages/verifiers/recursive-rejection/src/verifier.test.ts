import { type Draft, draftProbability, type Verifier } from '@foretoken/core'
import { runSuite, testVerifier } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { recursiveRejection } from './verifier.ts'

/** Names of the contract's tests that fail. */
async function failures(verify: Verifier['verify']): Promise<string> {
  const create = (): Verifier => ({ ...recursiveRejection(), verify })
  const options = { create, acceptanceSiblings: 'without-replacement' as const }
  const results = await runSuite((runner) => testVerifier(runner, options))
  return results.flatMap(({ name, error }) => (error === undefined ? [] : [name])).join('\n')
}

it('is caught when it forgets to renormalise q', async () => {
  const { verify } = recursiveRejection()
  const names = await failures((draft, target, draws) => verify({ ...draft, siblings: 'independent' }, target, draws))
  expect(names).toMatch(/keeps the law with .* without-replacement/)
  expect(names).toMatch(/accepts as often as it says/)
  expect(names).not.toMatch(/chain/)
})

it('is caught when it tries siblings by probability', async () => {
  const { verify } = recursiveRejection()
  const names = await failures((draft, target, draws) => {
    const isFlat = draft.tokens.length > 1 && draft.parents?.every((parent) => parent === -1)
    if (!isFlat || draft.q.kind === 'point-mass') return verify(draft, target, draws)
    const share = (node: number): number => draftProbability(draft, node, target.vocabularySize)
    const order = Array.from(draft.tokens.keys()).sort((a, b) => share(b) - share(a))
    const sorted: Draft = { ...draft, tokens: Int32Array.from(order, (node) => draft.tokens[node]!) }
    const outcome = verify(sorted, target, draws)
    return { ...outcome, path: outcome.path.map((node) => order[node]!) }
  })
  expect(names).toMatch(/keeps the law with a dense tree .* without-replacement/)
})
