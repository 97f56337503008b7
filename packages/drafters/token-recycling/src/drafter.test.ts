import { type Committed, type Draft, type Drafter, ForetokenError, generate, rng } from '@foretoken/core'
import { referenceVerifier, toyModel } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { acceptanceMeter } from './acceptance-meter.ts'
import { type AdjacencyTable, adjacencyTable } from './adjacency-table.ts'
import { type TokenRecyclingOptions, tokenRecycling } from './drafter.ts'
import { searchTemplate, templateOf } from './template.ts'

const vocabularySize = 10
const model = toyModel({ vocabularySize })
const draws = { uniform: () => 0 }
const template = templateOf([[0], [1], [0, 0], [0, 1], [1, 0]])

/** M of the worked example: rows are promoted in reverse, so that the first stands first. */
function exampleTable(): AdjacencyTable {
  const table = adjacencyTable({ vocabularySize, width: 2 })
  for (const [token, next] of [
    [7, 4],
    [7, 3],
    [3, 6],
    [3, 5],
    [4, 9],
    [4, 8],
  ])
    table.promote(token!, next!)
  return table
}

async function draftAfter(drafter: Drafter, prompt: number[], room = 9): Promise<Draft> {
  await drafter.begin(Int32Array.from(prompt), model)
  return drafter.draft(room, draws)
}

it('fills the template from the table', async () => {
  const { tokens, parents } = await draftAfter(tokenRecycling({ table: exampleTable(), template }), [7])
  expect([...tokens]).toEqual([3, 4, 5, 6, 8])
  expect([...parents!]).toEqual([-1, -1, 0, 0, 1])
})

it('drafts what room and rows allow, and leaves out unknown successors with what hangs on them', async () => {
  const drafter = tokenRecycling({ table: exampleTable(), template })
  expect([...(await draftAfter(drafter, [7], 1)).tokens]).toEqual([3, 4])
  expect([...(await draftAfter(tokenRecycling({ table: exampleTable(), template, nodes: 3 }), [7])).tokens]).toEqual([
    3, 4, 5,
  ])
  const chain = templateOf([[0], [0, 0], [0, 0, 0], [1]])
  const { tokens, parents } = await draftAfter(tokenRecycling({ table: exampleTable(), template: chain }), [7])
  expect([...tokens]).toEqual([3, 5, 4])
  expect([...parents!]).toEqual([-1, 0, -1])
  expect((await draftAfter(drafter, [2])).tokens.length).toBe(0)
})

it('knows the bigrams of the prompt, the latest first', async () => {
  const { tokens } = await draftAfter(tokenRecycling({ template: templateOf([[0], [1], [0, 0]]) }), [1, 2, 5, 1, 3, 1])
  expect([...tokens]).toEqual([3, 2, 1])
})

/** A round in which the rows' largest logits are `tops`, the last committed token's first. */
function round(draft: Draft, tops: readonly number[][], path: number[], tokens: number[]): Committed {
  const logits = new Float32Array(tops.length * vocabularySize)
  for (const [row, top] of tops.entries()) {
    for (const [rank, id] of top.entries()) logits[row * vocabularySize + id] = 9 - rank
  }
  const output = { rows: tops.length, logits }
  const facts = { token: tokens.at(-1)!, kind: 'corrected', base: 0 } as const
  return { draft, output, path: Int32Array.from(path), tokens: Int32Array.from(tokens), ...facts }
}

it('reads one row in eight while nobody asks it to draft, and all again once somebody does', async () => {
  const table = adjacencyTable({ vocabularySize, width: 2 })
  const drafter = tokenRecycling({ table })
  await drafter.begin(Int32Array.of(1), model)
  const none: Draft = { tokens: new Int32Array(0), q: { kind: 'point-mass' } }
  const readIn = (rounds: number, isAsked: boolean): number => {
    let read = 0
    for (let i = 0; i < rounds; i++) {
      if (isAsked) void drafter.draft(9, draws)
      table.clear()
      drafter.commit(round(none, [[5, 6]], [], [1]))
      if (table.successor(1, 0) === 5) read++
    }
    return read
  }
  expect(readIn(8, false)).toBe(8)
  readIn(24, false)
  expect(readIn(80, false)).toBe(10)
  readIn(8, true)
  expect(readIn(8, true)).toBe(8)
})

it('recycles every row, rejected ones too; of a token that stands twice the accepted row stays', async () => {
  const table = exampleTable()
  const drafter = tokenRecycling({ table, template })
  await draftAfter(drafter, [7])
  // 4 is drafted twice: below 7 it is rejected, below 3 it is accepted.
  const draft = {
    tokens: Int32Array.of(3, 4, 4),
    parents: Int32Array.of(-1, -1, 0),
    q: { kind: 'point-mass' },
  } as const
  drafter.commit(
    round(
      draft,
      [
        [3, 1],
        [4, 2],
        [0, 1],
        [6, 5],
      ],
      [0, 2],
      [3, 4, 6],
    ),
  )
  const rowOf = (token: number): number[] => [table.successor(token, 0), table.successor(token, 1)]
  expect([7, 3, 4].map(rowOf)).toEqual([
    [3, 1],
    [4, 2],
    [6, 5],
  ])
  drafter.commit(
    round(
      { tokens: Int32Array.of(4), q: { kind: 'point-mass' } },
      [
        [8, 9],
        [1, 2],
      ],
      [],
      [8],
    ),
  )
  expect([6, 4].map(rowOf)).toEqual([
    [8, 9],
    [1, 2],
  ])
})

it('says the acceptance measured so far, of its own drafts or their first nodes', async () => {
  const meter = acceptanceMeter({ weight: 1 })
  const drafter = tokenRecycling({ table: exampleTable(), template, meter })
  const draft = await draftAfter(drafter, [7])
  const before = [...draft.confidence!]
  const first = { ...draft, tokens: draft.tokens.subarray(0, 2), parents: draft.parents!.subarray(0, 2) }
  drafter.commit(
    round(
      first,
      [
        [3, 4],
        [5, 6],
        [8, 9],
      ],
      [1],
      [4, 8],
    ),
  )
  expect(meter.rates()).toEqual([[0, 1]])
  const after = await draftAfter(drafter, [7])
  expect(after.confidence![0]).toBeCloseTo(before[0]! / 2, 6)
  expect(after.confidence![1]).toBeCloseTo((1 + before[1]!) / 2, 6)
  const another = { ...draft, tokens: Int32Array.of(3, 9) }
  drafter.commit(round(another, [[3], [5], [8]], [0], [3, 5]))
  expect(meter.rates()).toEqual([[0, 1]])
})

it('writes what plain decoding writes with any table, cold, random or warm', async () => {
  const source = rng(3)
  const prompt = Int32Array.of(1, 4, 2)
  for (let seed = 0; seed < 12; seed++) {
    const table = adjacencyTable({ vocabularySize, width: 3 })
    for (let i = 0; i < 10 * seed; i++) {
      const [token, next] = [source.uniform(0, i, seed), source.uniform(1, i, seed)]
      table.promote(Math.floor(token * vocabularySize), Math.floor(next * vocabularySize))
    }
    for (const temperature of [0, 1]) {
      const run = { prompt, temperature, seed, maxTokens: 40, model: toyModel({ vocabularySize, seed }) }
      const plain = await generate(run)
      const [drafter, verifier] = [tokenRecycling({ table, nodes: 7 }), referenceVerifier('match')]
      const fast = await generate({ ...run, model: toyModel({ vocabularySize, seed }), drafter, verifier })
      expect(fast.tokenIds).toEqual(plain.tokenIds)
      if (seed > 0) expect(fast.stats.drafted).toBeGreaterThan(0)
    }
  }
})

it('is faster with a table that is warm, and finds its template by measuring', async () => {
  const logits = (context: readonly number[]): Float32Array =>
    Float32Array.from({ length: vocabularySize }, (_, x) => Number(x === (context.at(-1)! * 3 + 1) % vocabularySize))
  const run = { prompt: Int32Array.of(0), maxTokens: 30, verifier: referenceVerifier('match') }
  const table = adjacencyTable({ vocabularySize })
  const meter = acceptanceMeter()
  const rounds: number[] = []
  for (let i = 0; i < 2; i++) {
    const drafter = tokenRecycling({ table, meter, template: templateOf([[0], [1], [0, 0], [0, 0, 0]]) })
    const { stats } = await generate({ ...run, model: toyModel({ vocabularySize, logits }), drafter })
    rounds.push(stats.rounds)
  }
  expect(rounds[1]).toBeLessThan(rounds[0]!)
  expect(rounds[1]).toBe(8)
  expect([...searchTemplate(meter.rates(), 3).ranks]).toEqual([0, 0, 0])
})

it('refuses a table of another vocabulary and bad options with a typed error', async () => {
  const table = adjacencyTable({ vocabularySize: 11 })
  await expect((async () => tokenRecycling({ table }).begin(Int32Array.of(1), model))()).rejects.toThrow(/11 tokens/)
  const bad = [{ nodes: 0 }, { width: 65 }, { width: 2, template: templateOf([[2]]) }, { tree: 7 }]
  for (const options of bad) {
    expect(() => tokenRecycling(options as TokenRecyclingOptions)).toThrow(ForetokenError)
    expect(() => tokenRecycling(options as TokenRecyclingOptions)).toThrow(/tokenRecycling/)
  }
})
