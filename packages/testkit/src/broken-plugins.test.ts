import { categorical, type LogitsProcessor, type Sampler, SPEC_VERSION } from '@foretoken/core'
import { expect, it } from 'vitest'
import { testProcessor } from './processor-suite.ts'
import { runSuite } from './runner.ts'
import { testSampler } from './sampler-suite.ts'

async function processorFailures(create: () => LogitsProcessor): Promise<string> {
  const results = await runSuite((runner) => testProcessor(runner, { create }))
  return results
    .filter(({ error }) => error !== undefined)
    .map(({ name }) => name)
    .join('\n')
}

async function samplerFailures(sampler: Sampler): Promise<string> {
  const results = await runSuite((runner) => testSampler(runner, { create: () => sampler }))
  return results
    .filter(({ error }) => error !== undefined)
    .map(({ name }) => name)
    .join('\n')
}

/** Lowers the logits of what was seen; parts may be broken. */
function penalty(broken: Partial<LogitsProcessor> = {}, tokens: number[] = []): LogitsProcessor {
  return {
    manifest: { specVersion: SPEC_VERSION, kind: 'processor', name: 'penalty', requires: [] },
    apply(logits) {
      for (const token of tokens) logits[token]! -= 0.25
    },
    advance: (token) => void tokens.push(token),
    rollback: (n) => void tokens.splice(tokens.length - n, n),
    fork: () => penalty(broken, [...tokens]),
    ...broken,
  }
}

it('passes the processor that is broken below', async () => {
  expect(await processorFailures(() => penalty())).toBe('')
})

it('catches a rollback that lies', async () => {
  expect(await processorFailures(() => penalty({ rollback() {} }))).toMatch(/takes back what it was told/)
  const offByOne = (tokens: number[] = []): LogitsProcessor => ({
    ...penalty({}, tokens),
    rollback: (n) => void tokens.splice(tokens.length - n, Math.min(n, 2)),
    fork: () => offByOne([...tokens]),
  })
  expect(await processorFailures(() => offByOne())).toMatch(/takes back what it was told/)
})

it('catches a fork that shares its history', async () => {
  const sharing = (): LogitsProcessor => {
    const processor: LogitsProcessor = penalty({ fork: () => processor })
    return processor
  }
  expect(await processorFailures(sharing)).toMatch(/forks stand alone/)
})

it('catches a fork that forgets its history', async () => {
  expect(await processorFailures(() => penalty({ fork: () => penalty() }))).toMatch(/forks stand alone/)
})

it('catches state that counts calls', async () => {
  const counting = (): LogitsProcessor => {
    let calls = 0
    return penalty({ apply: (logits) => void logits.fill(calls++, 0, 1), fork: counting })
  }
  expect(await processorFailures(counting)).toMatch(/depends on the logits and the history alone/)
})

it('catches unmasking, masking of everything, NaN and writing beside the logits', async () => {
  const stateless = (apply: LogitsProcessor['apply']) => (): LogitsProcessor =>
    penalty({ apply, fork: stateless(apply) })
  expect(await processorFailures(stateless((logits) => void logits.fill(0, 0, 1)))).toMatch(/masks without unmasking/)
  expect(await processorFailures(stateless((logits) => void logits.fill(-Infinity)))).toMatch(/masks|depends/)
  expect(await processorFailures(stateless((logits) => void logits.fill(Number.NaN, 1, 2)))).toMatch(/depends/)
  const beside = stateless((logits) => void new Float32Array(logits.buffer, 0, 1).fill(0))
  expect(await processorFailures(beside)).toMatch(/depends/)
})

it('passes the categorical sampler and catches others', async () => {
  expect(await samplerFailures(categorical)).toBe('')
  const biased: Sampler = (law, u) => categorical(law, u ** 1.01)
  expect(await samplerFailures(biased)).toMatch(/follows the law exactly/)
  const greedy: Sampler = (law) => law.indexOf(Math.max(...law))
  expect(await samplerFailures(greedy)).toMatch(/follows the law exactly/)
  const lenient: Sampler = (law, u) => {
    let sum = 0
    for (let x = 0; x < law.length; x++) {
      sum += law[x]!
      if (sum >= u) return x
    }
    return law.length - 1
  }
  expect(await samplerFailures(lenient)).toMatch(/both ends/)
  const meddling: Sampler = (law, u) => {
    const token = categorical(law, u)
    law[token] = 0
    return token
  }
  expect(await samplerFailures(meddling)).toMatch(/changes and remembers nothing/)
})
