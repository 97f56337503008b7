import { type Drafter, ForetokenError, generate } from '@foretoken/core'
import { exactOutput, referenceVerifier, toyModel } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { type SuffixOptions, suffix } from './drafter.ts'
import { loadSuffixPool, suffixPool } from './pool.ts'

const model = toyModel({ vocabularySize: 10 })
const draws = { uniform: () => 0 }

async function draftAfter(drafter: Drafter, prompt: number[], room = 8): Promise<number[]> {
  await drafter.begin(Int32Array.from(prompt), model)
  return [...(await drafter.draft(room, draws)).tokens]
}

function commit(drafter: Drafter, ...tokens: number[]): void {
  const draft = { tokens: new Int32Array(0), q: { kind: 'point-mass' } as const }
  const output = { rows: 0, logits: new Float32Array(0) }
  const [path, token] = [new Int32Array(0), tokens.at(-1)!]
  drafter.commit({ path, token, kind: 'bonus', tokens: Int32Array.from(tokens), draft, output, base: 0 })
}

it('drafts the longer, the longer the match', async () => {
  expect(await draftAfter(suffix(), [1, 2, 3, 4, 5, 6, 9, 3])).toEqual([4])
  expect(await draftAfter(suffix(), [1, 2, 3, 4, 5, 6, 9, 1, 2, 3])).toEqual([4, 5, 6])
  expect(await draftAfter(suffix({ offset: 2 }), [1, 2, 3, 4, 5, 6, 9, 3])).toEqual([4, 5, 6])
  expect(await draftAfter(suffix(), [1, 2, 3])).toEqual([])
})

it('drafts the alternatives as a tree, for targets that score trees', async () => {
  const drafter = suffix({ shape: 'tree', factor: 2 })
  expect(drafter.manifest.requires).toEqual(['attention:tree-mask'])
  expect(suffix().manifest.requires).toEqual([])
  await drafter.begin(Int32Array.of(1, 2, 3, 5, 1, 2, 4, 6, 1, 2), model)
  const draft = await drafter.draft(8, draws)
  expect([...draft.tokens]).toEqual([4, 3, 6, 5])
  expect([...draft.parents!]).toEqual([-1, -1, 0, 1])
  expect(draft.confidence).toHaveLength(4)
  const run = { model: toyModel({ vocabularySize: 10, supports: ['rows:exact'] }), prompt: Int32Array.of(1) }
  await expect(generate({ ...run, drafter, verifier: referenceVerifier('match') })).rejects.toThrow(/tree-mask/)
})

it('drafts what another generation wrote, also after a restart', async () => {
  const pool = suffixPool({ maximumTokens: 100 })
  const writer = suffix({ pool })
  await writer.begin(Int32Array.of(8, 9), model)
  commit(writer, 1, 2, 3)
  commit(writer, 4)
  // Prompts stay out, outputs are seen while they grow.
  expect(await draftAfter(suffix({ pool }), [9])).toEqual([])
  expect(await draftAfter(suffix({ pool }), [5, 1, 2])).toEqual([3, 4])
  expect(await draftAfter(suffix({ pool: loadSuffixPool(pool.save()) }), [5, 1, 2])).toEqual([3, 4])
  const reader = suffix({ pool, learns: false })
  await draftAfter(reader, [5, 1, 2])
  commit(reader, 6, 6)
  expect(pool.tokens).toBe(4)
  await writer.begin(Int32Array.of(4), model)
  commit(writer, 7)
  expect(pool.sequences).toBe(2)
})

it('gives the tokens of plain decoding while it fills a pool that several share', async () => {
  const pool = suffixPool({ maximumTokens: 64, depth: 6 })
  for (const shape of ['chain', 'tree'] as const) {
    for (const temperature of [0, 1]) {
      const drafters = [suffix({ pool, shape, factor: 2 }), suffix({ pool, shape, offset: 3 })]
      for (let seed = 0; seed < 6; seed++) {
        const run = { prompt: Int32Array.of(1, seed % 3), temperature, seed, maxTokens: 40 }
        const verifier = referenceVerifier('match')
        const plain = await generate({ ...run, model: toyModel({ vocabularySize: 4, seed: 1 }) })
        const both = drafters.map((drafter) =>
          generate({ ...run, model: toyModel({ vocabularySize: 4, seed: 1 }), drafter, verifier }),
        )
        for (const { tokenIds } of await Promise.all(both)) expect(tokenIds).toEqual(plain.tokenIds)
        expect(pool.tokens).toBeLessThanOrEqual(64)
      }
    }
  }
  await exactOutput({ vocabularySize: 4, drafter: () => suffix({ pool }) })
})

it('needs fewer rounds for what it has seen before', async () => {
  const pool = suffixPool()
  const run = { prompt: Int32Array.of(1, 2), maxTokens: 40 }
  const rounds: number[] = []
  for (let i = 0; i < 2; i++) {
    const target = toyModel({ vocabularySize: 60, seed: 5 })
    const { stats } = await generate({
      ...run,
      model: target,
      drafter: suffix({ pool }),
      verifier: referenceVerifier('match'),
    })
    rounds.push(stats.rounds)
  }
  expect(rounds[1]).toBeLessThan(rounds[0]! / 2)
})

it('refuses a pool of another vocabulary', async () => {
  const pool = suffixPool()
  const codeOf = async (size: number): Promise<string | undefined> => {
    try {
      await suffix({ pool }).begin(Int32Array.of(1), toyModel({ vocabularySize: size }))
      return undefined
    } catch (error) {
      return ForetokenError.is(error) ? error.code : 'untyped'
    }
  }
  pool.add(Int32Array.of(3, 8))
  expect(await codeOf(8)).toBe('VOCABULARY_MISMATCH')
  expect(await codeOf(9)).toBe(undefined)
  expect(await codeOf(10)).toBe('VOCABULARY_MISMATCH')
  expect(() => pool.add(Int32Array.of(9))).toThrow(/token 9/)
})

it('refuses bad options with a typed error', () => {
  const bad = [{ depth: 1 }, { factor: -1 }, { offset: Number.NaN }, { minimumProbability: 0 }, { shape: 'bush' }]
  for (const options of [...bad, { pool: {} }, { learns: 1 }, { length: 3 }]) {
    expect(() => suffix(options as SuffixOptions)).toThrow(ForetokenError)
    expect(() => suffix(options as SuffixOptions)).toThrow(/suffix/)
  }
})
