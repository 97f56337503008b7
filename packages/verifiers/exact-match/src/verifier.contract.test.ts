import type { Verifier } from '@foretoken/core'
import { runSuite, testVerifier } from '@foretoken/testkit'
import { describe, expect, it } from 'vitest'
import { exactMatch } from './verifier.ts'

testVerifier({ describe, it }, { create: exactMatch, reproducesPlain: true, lawPairs: 1000 })

it('is caught when it is biased by one in a thousand', async () => {
  const { verify } = exactMatch()
  const biased: Verifier['verify'] = (draft, target, draws) =>
    verify(draft, target, { ...draws, sample: (offset) => draws.sample(offset) * 0.999 })
  const create = (): Verifier => ({ ...exactMatch(), verify: biased })
  const results = await runSuite((runner) => testVerifier(runner, { create }))
  const failed = results.filter(({ error }) => error !== undefined).map(({ name }) => name)
  expect(failed.join('\n')).toMatch(/keeps the law with a dense chain of 1/)
})
