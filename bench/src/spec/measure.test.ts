import { generate } from '@foretoken/core'
import { toyModel } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { readCompositions } from './compositions.ts'
import { measure } from './measure.ts'
import { buildDrafter, buildVerifier, type LoadedModel, type Workshop } from './registry.ts'
import { runTurn, runTurns } from './turn.ts'

const prompt = Int32Array.of(1, 2, 3, 1, 2)
const noCosts = async (): Promise<never> => {
  throw new Error('Nobody asks for costs here.')
}
const workshopOf = (target: LoadedModel): Workshop => ({
  target,
  draftModel: async () => target,
  ngrams: async () => undefined,
  costs: noCosts,
})
const model = () => toyModel({ vocabularySize: 4, seed: 4 })

it('keeps the first round apart from the time of decoding', async () => {
  let now = 0
  const turn = await runTurn({ model: model(), prompt, maxTokens: 12, clock: () => now++ })
  const { tokens, decodeTokens, decodeMs, firstMs, draftMs, verifyMs, otherMs, rounds } = turn.stats
  expect([tokens, decodeTokens, rounds]).toEqual([12, 11, 12])
  expect(decodeMs).toBeCloseTo(draftMs + verifyMs + otherMs, 9)
  expect(decodeMs / firstMs).toBeCloseTo(11, 0)
})

it('lets generations side by side go on where they are behind, each with its own tokens and time', async () => {
  const order: string[] = []
  const noting = (name: string) => {
    let now = 0
    const noted = model()
    const step: typeof noted.step = (input) => {
      order.push(name)
      now += 10
      return noted.step(input)
    }
    return { model: { ...noted, step }, prompt, clock: () => now }
  }
  const [long, short] = await runTurns([
    { ...noting('long'), maxTokens: 5 },
    { ...noting('short'), maxTokens: 3 },
  ])
  expect(order.join(' ')).toBe('long short long short long short long long')
  const alone = await runTurn({ model: model(), prompt, maxTokens: 5 })
  expect(long?.tokenIds).toEqual(alone.tokenIds)
  expect(short?.tokenIds).toEqual(alone.tokenIds.subarray(0, 3))
  expect([long?.stats.decodeMs, short?.stats.decodeMs]).toEqual([40, 20])
})

it('counts what a composition from the registry drafted, and gives the plain tokens', async () => {
  const tokenizer = undefined as never
  const target = { model: model(), tokenizer }
  const workshop = workshopOf(target)
  const drafter = await buildDrafter({ method: 'prompt-lookup', options: {}, drafters: [], cap: 2 }, workshop)
  const verifier = await buildVerifier({ method: 'exact-match', options: {} })
  const plain = await generate({ model: model(), prompt, maxTokens: 30 })
  const turn = await runTurn({ model: model(), prompt, maxTokens: 30, drafter, verifier })
  expect(turn.tokenIds).toEqual(plain.tokenIds)
  expect(turn.stats.accepted).toBeGreaterThan(0)
  expect(turn.stats.rounds + turn.stats.accepted).toBe(30)
  expect(turn.stats.draftedByDepth.length).toBe(2)
  await expect(buildVerifier({ method: 'exact-match', options: { nonsense: 1 } })).rejects.toMatchObject({
    code: 'BAD_OPTION',
  })
})

it('lets a drafter remember, and refuses where it cannot', async () => {
  const target = { model: model(), tokenizer: undefined as never }
  const workshop = workshopOf(target)
  const spec = { options: {}, drafters: [], remembers: true }
  expect((await buildDrafter({ ...spec, method: 'suffix' }, workshop)).manifest.name).toBe('suffix')
  await expect(buildDrafter({ ...spec, method: 'prompt-lookup' }, workshop)).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining('remembers'),
  })
})

it('refuses a method that needs a model and names none', async () => {
  const workshop = workshopOf(undefined as never)
  await expect(buildDrafter({ method: 'draft-model', options: {}, drafters: [] }, workshop)).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining('draftModel'),
  })
})

it('measures shares of the bound with drafters that do not know the answers', async () => {
  const compositions = await readCompositions(['suffix'])
  const beginnings = ['Lily saw a dog.', 'Tom had a red ball.', 'One day a cat ran.', 'The sun was hot.']
  const questions = beginnings.map((text, i) => ({ question_id: i, category: 'stories', turns: [text] }))
  const options = { model: 'stories', tokens: 120, threads: 1, seed: 0, temperatures: [1] }
  const { shares } = await measure(compositions, questions, options)
  expect(shares.length).toBe(1)
  // Matched exactly, what is drafted without knowing the draws is accepted as often as the target's law has it.
  expect(shares[0]!.tested).toBeGreaterThan(100)
  expect(shares[0]!.share).toBeLessThan(1.2)
})
