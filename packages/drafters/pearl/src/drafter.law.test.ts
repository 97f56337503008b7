import {
  capped,
  type Draft,
  generate,
  matchWalk,
  type Outcome,
  rejectionWalk,
  softmax,
  type TargetRows,
  type VerifyDraws,
  walkScratch,
} from '@foretoken/core'
import {
  chiSquare,
  type KeyedUniform,
  lawOverUniforms,
  lawRows,
  nearbyTable,
  referenceVerifier,
  type ToyLogits,
  toyModel,
  toyTable,
} from '@foretoken/testkit'
import { block } from '@foretoken/verifier-block'
import { expect, it } from 'vitest'
import { type PearlOptions, pearl } from './drafter.ts'

const prompt = Int32Array.of(1, 0)
const WANTED = 3

type Walk = (draft: Draft, target: TargetRows, draws: VerifyDraws) => Outcome
const scratch = walkScratch(2)
const walks: Record<string, Walk> = {
  matching: matchWalk,
  rejection: (...given) => rejectionWalk(...given, scratch),
  'block verification': block().verify,
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A draft model whose steps end when they are told to. */
function heldModel(logits: ToyLogits) {
  const model = toyModel({ vocabularySize: 2, logits })
  const held: (() => void)[] = []
  const step = model.step
  model.step = async (input) => {
    await new Promise<void>((resolve) => void held.push(resolve))
    return step(input)
  }
  return { model, release: () => held.shift()?.() }
}

/** Steps end as soon as they can, or no earlier than somebody waits for them. */
type Schedule = 'early' | 'late'

const law = (logits: ToyLogits, context: readonly number[]) => {
  const row = Float32Array.from(logits(context))
  softmax(row, 1, row)
  return row
}

interface Case {
  readonly p: ToyLogits
  readonly q: ToyLogits
  readonly walk: Walk
  readonly schedule: Schedule
  readonly options: Omit<PearlOptions, 'model'>
}

/** The first tokens of a generation, and what was drafted. */
async function play({ p, q, walk, schedule, options }: Case, uniform: KeyedUniform) {
  const { model, release } = heldModel(q)
  const drafter = pearl({ model, ...options })
  await drafter.begin(prompt, toyModel({ vocabularySize: 2 }))
  const text: number[] = []
  const drafts: number[][] = []
  for (let round = 0; text.length < WANTED; round++) {
    let isDone = false
    const draws = { uniform: (offset: number, index = 0) => uniform(`draft ${round} ${offset} ${index}`) }
    const drafting = Promise.resolve(drafter.draft(WANTED - text.length, draws)).finally(() => {
      isDone = true
    })
    while (!isDone) {
      release()
      await turn()
    }
    const draft = await drafting
    for (let i = 0; schedule === 'early' && i < 4; i++) {
      release()
      await turn()
    }
    const at = text.length
    const rows = lawRows(2, draft, (path) => law(p, [...prompt, ...text.slice(0, at), ...path]))
    const outcome = walk(draft, rows, {
      sample: (offset) => uniform(`sample ${at + offset}`),
      accept: (offset, index = 0) => uniform(`accept ${round} ${offset} ${index}`),
      correct: (offset) => uniform(`correct ${round} ${offset}`),
    })
    const tokens = Int32Array.of(...Array.from(outcome.path, (node) => draft.tokens[node]!), outcome.token)
    drafts.push([...draft.tokens])
    drafter.commit({ ...outcome, draft, tokens, output: { rows: 0, logits: new Float32Array(0) }, base: 0 })
    text.push(...tokens)
  }
  release()
  const disposed = drafter.dispose()
  release()
  await disposed
  return { text: text.slice(0, WANTED), drafts }
}

const variants: Omit<PearlOptions, 'model'>[] = [
  { temperature: 1, window: 2 },
  { temperature: 1, window: 2, preVerify: false },
  { temperature: 0, window: 3 },
]

for (const [name, walk] of Object.entries(walks)) {
  for (const options of variants) {
    for (const schedule of ['early', 'late'] as const) {
      it(`keeps the law of three tokens under ${name}, ${JSON.stringify(options)}, steps ending ${schedule}`, async () => {
        const p = toyTable({ vocabularySize: 2, seed: 4 })
        const q = nearbyTable(p, { vocabularySize: 2, seed: 5, closeness: 0.4 })
        let drafted = 0
        const found = await lawOverUniforms(
          async (uniform) => {
            const { text, drafts } = await play({ p, q, walk, schedule, options }, uniform)
            drafted += drafts.flat().length
            return text.join(' ')
          },
          { grid: 2 },
        )
        expect(drafted).toBeGreaterThan(0)
        for (const [key, probability] of found) {
          const text = key.split(' ').map(Number)
          let expected = 1
          for (const [i, token] of text.entries()) expected *= law(p, [...prompt, ...text.slice(0, i)])[token]!
          expect(Math.abs(probability - expected)).toBeLessThan(1e-6)
        }
        expect(found.size).toBe(2 ** WANTED)
      })
    }
  }
}

// 10,000 runs, seeds 0 to 9,999; the test fails by chance once in a thousand choices of seeds.
it('keeps the law of three tokens in whole generations', async () => {
  const vocabularySize = 3
  const p = toyTable({ vocabularySize })
  const near = nearbyTable(p, { vocabularySize, seed: 9, closeness: 0.5 })
  const drafter = capped(pearl({ model: toyModel({ vocabularySize, logits: near }), temperature: 1, window: 3 }), 2)
  const model = toyModel({ vocabularySize, logits: p })
  const run = { model, prompt, drafter, verifier: referenceVerifier('rejection'), temperature: 1, maxTokens: 4 }
  const counts = new Array<number>(vocabularySize ** WANTED).fill(0)
  let [accepted, drafted] = [0, 0]
  for (let seed = 0; seed < 10_000; seed++) {
    model.rewind(0)
    const { tokenIds, stats } = await generate({ ...run, seed })
    counts[tokenIds.subarray(0, WANTED).reduce((index, token) => index * vocabularySize + token, 0)]!++
    accepted += stats.accepted
    drafted += stats.drafted
  }
  const expected = counts.map((_, index) => {
    const text = [Math.floor(index / 9), Math.floor(index / 3) % 3, index % 3]
    return text.reduce((share, token, i) => share * law(p, [...prompt, ...text.slice(0, i)])[token]!, 1)
  })
  expect(accepted / drafted).toBeGreaterThan(0.1)
  expect(accepted / drafted).toBeLessThan(0.95)
  expect(chiSquare(counts, expected).pValue).toBeGreaterThan(0.001)
})
