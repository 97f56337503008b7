import { expect, it } from 'vitest'
import { pointTree, toyDrafter, uniformChain } from '../test/toy-drafters.ts'
import { toyModel } from '../test/toy-model.ts'
import { capped, firstOf } from './combinators.ts'
import { decode, type Run } from './decode.ts'
import { generate } from './generate.ts'
import { SPEC_VERSION } from './manifest.ts'
import type { Verifier } from './verifier.ts'
import { matchWalk, rejectionWalk, walkScratch } from './walk.ts'

const prompt = Int32Array.of(1, 2, 3)

function verifierOf(name: string, verify: Verifier['verify']): Verifier {
  return {
    manifest: { specVersion: SPEC_VERSION, kind: 'verifier', name, requires: [], guarantee: 'lossless' },
    verify,
  }
}

const matching = verifierOf('matching', matchWalk)
const rejecting = verifierOf('rejecting', (draft, target, draws) => rejectionWalk(draft, target, draws, walkScratch(6)))

const drafters = {
  chain: () => uniformChain(6),
  tree: () => pointTree(2, 3),
  capped: () => capped(uniformChain(6), 2),
  firstOf: () =>
    firstOf(
      toyDrafter(() => ({ tokens: new Int32Array(0), q: { kind: 'point-mass' } })),
      uniformChain(6),
    ),
}

for (const [name, drafter] of Object.entries(drafters)) {
  it(`gives the tokens of plain greedy decoding with a drafter: ${name}`, async () => {
    for (const verifier of [matching, rejecting]) {
      for (let seed = 0; seed < 8; seed++) {
        const plain = await generate({ model: toyModel({ seed }), prompt })
        const model = toyModel({ seed })
        const fast = await generate({ model, prompt, drafter: drafter(), verifier })
        expect(fast.tokenIds).toEqual(plain.tokenIds)
        expect(fast.finishReason).toBe('length')
        expect(model.tokens).toEqual([...prompt, ...fast.tokenIds.subarray(0, -1)])
      }
    }
  })

  it(`reproduces the plain sampled run when matching: ${name}`, async () => {
    for (let seed = 0; seed < 8; seed++) {
      const common = { prompt, temperature: 1, seed, maxTokens: 40 }
      const plain = await generate({ ...common, model: toyModel() })
      const fast = await generate({ ...common, model: toyModel(), drafter: drafter(), verifier: matching })
      expect(fast.tokenIds).toEqual(plain.tokenIds)
    }
  })
}

it('feeds each round as one step and drafts nothing past the limit', async () => {
  const model = toyModel()
  const runs: Run[] = []
  for await (const run of decode({ model, prompt, drafter: uniformChain(6), verifier: matching, maxTokens: 5 })) {
    runs.push(run)
  }
  expect(runs.flatMap((run) => [...run.tokenIds])).toHaveLength(5)
  expect(model.steps).toHaveLength(runs.length)
  expect(model.steps[0]).toBe(prompt.length + 3)
})

it('is reproducible and depends on the seed', async () => {
  const run = async (seed: number): Promise<number[]> => {
    const drafter = uniformChain(6)
    const options = { model: toyModel(), prompt, drafter, verifier: rejecting, temperature: 1, seed, maxTokens: 30 }
    return [...(await generate(options)).tokenIds]
  }
  expect(await run(1)).toEqual(await run(1))
  expect(await run(1)).not.toEqual(await run(2))
})

it('asks for logits only where somebody reads them', async () => {
  const asked: unknown[] = []
  const watched = () => {
    const model = toyModel()
    const { step } = model
    return Object.assign(model, {
      step(input: Parameters<typeof step>[0]) {
        asked.push(input.wants)
        return step(input)
      },
    })
  }
  const wants = async (options: Partial<Parameters<typeof generate>[0]>) => {
    asked.length = 0
    await generate({ model: watched(), prompt, maxTokens: 2, ...options })
    return [...new Set(asked)]
  }
  const reader = uniformChain(6)
  const guesser = { ...reader, manifest: { ...reader.manifest, requires: [] } }
  expect(await wants({})).toEqual(['argmax'])
  expect(await wants({ drafter: guesser, verifier: rejecting })).toEqual(['argmax'])
  expect(await wants({ drafter: reader, verifier: rejecting })).toEqual(['logits'])
  expect(await wants({ drafter: firstOf(guesser, reader), verifier: rejecting })).toEqual(['logits'])
  expect(await wants({ temperature: 1 })).toEqual(['logits'])
  expect(await wants({ topLogProbabilities: 1 })).toEqual(['logits'])
})
