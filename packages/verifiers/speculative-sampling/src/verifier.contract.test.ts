import type { Verifier } from '@foretoken/core'
import { runSuite, testVerifier } from '@foretoken/testkit'
import { describe, expect, it } from 'vitest'
import { speculativeSampling } from './verifier.ts'

testVerifier({ describe, it }, { create: speculativeSampling, lawCases: 8, lawPairs: 1000 })

it('is caught when it is biased by one in a thousand', async () => {
  const { verify } = speculativeSampling()
  const biased: Verifier['verify'] = (draft, target, draws) =>
    verify(draft, target, { ...draws, accept: (offset, index) => draws.accept(offset, index) * 0.999 })
  const create = (): Verifier => ({ ...speculativeSampling(), verify: biased })
  const results = await runSuite((runner) => testVerifier(runner, { create }))
  const failed = results.filter(({ error }) => error !== undefined).map(({ name }) => name)
  expect(failed.join('\n')).toMatch(/keeps the law with a dense chain of 1/)
})
