import {
  categorical,
  type Draft,
  draftRow,
  ForetokenError,
  generate,
  type LogitsProcessor,
  matchWalk,
  SPEC_VERSION,
  softmax,
  type Verifier,
} from '@foretoken/core'
import { nearbyTable, toyModel, toyTable } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { draftModel } from './drafter.ts'

const vocabularySize = 6
const prompt = Int32Array.of(1, 2, 3, 4, 5)
const logits = toyTable({ vocabularySize })
const target = () => toyModel({ vocabularySize, logits })
const small = (contextLength = 64) =>
  toyModel({ vocabularySize, logits: nearbyTable(logits, { vocabularySize, seed: 9 }), contextLength, maximumRows: 4 })
const draws = { uniform: (offset: number) => ((offset + 1) * 0.377) % 1 }
const matching: Verifier = {
  manifest: { specVersion: SPEC_VERSION, kind: 'verifier', name: 'matching', requires: [], guarantee: 'lossless' },
  verify: matchWalk,
}

it('drafts what the draft model would write', async () => {
  for (let seed = 0; seed < 5; seed++) {
    const plain = await generate({ model: small(), prompt, maxTokens: 6 })
    const drafter = draftModel({ model: small() })
    drafter.begin(prompt, target())
    const draft = await drafter.draft(6, draws)
    expect(draft.tokens).toEqual(plain.tokenIds)
    expect(draft.q).toEqual({ kind: 'point-mass' })
  }
})

it('ends a draft when its caller has enough, and says how sure it is of each token', async () => {
  for (const temperature of [0, 1]) {
    const drafter = draftModel({ model: small(), temperature })
    drafter.begin(prompt, target())
    const whole = await drafter.draft(4, draws)
    const asked: number[] = []
    const cut = await drafter.draft(4, draws, (confidence) => asked.push(confidence) < 2)
    expect(cut.tokens).toEqual(whole.tokens.subarray(0, 2))
    const text = [...prompt]
    for (const [i, token] of cut.tokens.entries()) {
      const row = Float32Array.from(nearbyTable(logits, { vocabularySize, seed: 9 })(text))
      softmax(row, 1, row)
      expect(asked[i]).toBeCloseTo(row[token]!, 6)
      text.push(token)
    }
  }
})

it('accepts everything when the draft model is the target', async () => {
  const drafter = draftModel({ model: target() })
  const result = await generate({ model: target(), prompt, drafter, verifier: matching, maxTokens: 30 })
  expect(result.stats.accepted).toBe(result.stats.drafted)
  expect(result.tokenIds).toEqual((await generate({ model: target(), prompt, maxTokens: 30 })).tokenIds)
})

it('feeds each token to the draft model once', async () => {
  const model = small()
  const fed: number[] = []
  const watched = new Proxy(model, {
    get(of, key) {
      if (key !== 'step') return Reflect.get(of, key, of)
      return (input: Parameters<typeof of.step>[0]) => {
        fed.push(input.tokens.length)
        return of.step(input)
      }
    },
  })
  const drafter = draftModel({ model: watched })
  drafter.begin(prompt, target())
  const first = await drafter.draft(3, draws)
  // Five prompt tokens in steps of four, then the drafted ones; the last drafted token is not fed.
  expect(fed).toEqual([4, 1, 1, 1])
  fed.length = 0
  const output = { rows: 0, logits: new Float32Array(0) }
  const tokens = Int32Array.of(...first.tokens, 0)
  drafter.commit({ path: Int32Array.of(0, 1, 2), token: 0, kind: 'bonus', tokens, draft: first, output, base: 0 })
  await drafter.draft(1, draws)
  expect(fed).toEqual([2])
  fed.length = 0
  drafter.begin(Int32Array.of(...prompt, ...first.tokens, 0, 1), target())
  await drafter.draft(1, draws)
  expect(fed).toEqual([1])
})

it('stops at the end of the draft model’s context and then drafts nothing', async () => {
  const drafter = draftModel({ model: small(8) })
  drafter.begin(prompt, target())
  expect((await drafter.draft(12, draws)).tokens.length).toBe(4)
  const plain = await generate({ model: target(), prompt, maxTokens: 20 })
  const fast = await generate({ model: target(), prompt, drafter, verifier: matching, maxTokens: 20 })
  expect(fast.tokenIds).toEqual(plain.tokenIds)
})

it('goes on after a failed step of the draft model', async () => {
  const model = small()
  let calls = 0
  const flaky = new Proxy(model, {
    get(of, key) {
      if (key !== 'step') return Reflect.get(of, key, of)
      return (input: Parameters<typeof of.step>[0]) =>
        ++calls === 4 ? Promise.reject(new Error('lost')) : of.step(input)
    },
  })
  const options = { temperature: 0.8, processors: [] }
  const drafter = draftModel({ model: flaky, ...options })
  const sound = draftModel({ model: small(), ...options })
  const copy = ({ tokens, q }: Draft) => ({ tokens, q: q.kind === 'dense' ? q.rows.slice() : q })
  for (const each of [drafter, sound]) each.begin(prompt, target())
  await expect(drafter.draft(4, draws)).rejects.toThrow('lost')
  expect(copy(await drafter.draft(4, draws))).toEqual(copy(await sound.draft(4, draws)))
})

/** Lowers what was said before, once for each time. */
function fatigue(history: readonly number[] = []): LogitsProcessor {
  const tokens = [...history]
  return {
    manifest: { specVersion: SPEC_VERSION, kind: 'processor', name: 'fatigue', requires: [] },
    apply(row) {
      for (const token of tokens) row[token]! -= 0.25
    },
    advance: (token) => void tokens.push(token),
    rollback: (n) => void tokens.splice(tokens.length - n, n),
    fork: () => fatigue(tokens),
  }
}

it('draws from its model’s law after processors and temperature, round after round', async () => {
  const model = small()
  const drafter = draftModel({ model, temperature: 0.7, processors: [fatigue()] })
  drafter.begin(prompt, target())
  const context = [...prompt]
  const output = { rows: 0, logits: new Float32Array(0) }
  for (let round = 0; round < 5; round++) {
    const draft = await drafter.draft(3, draws)
    for (const [i, token] of draft.tokens.entries()) {
      const seen = [...context, ...draft.tokens.subarray(0, i)]
      const law = model.logits(seen).slice()
      for (const each of seen) law[each]! -= 0.25
      softmax(law, 0.7, law)
      expect(draftRow(draft, i, new Float32Array(vocabularySize))).toEqual(law)
      expect(token).toBe(categorical(law, draws.uniform(i)))
    }
    const tokens = Int32Array.of(...draft.tokens.subarray(0, round % 3), round)
    const path = tokens.subarray(1).map((_, node) => node)
    drafter.commit({ path, token: round, kind: 'corrected', tokens, draft, output, base: 0 })
    context.push(...tokens)
  }
})

it('draws from the law of its vocabulary alone, and says so', async () => {
  const vocabulary = [1, 3, 4]
  const model = small()
  for (const processors of [[], [fatigue()]]) {
    const drafter = draftModel({ model, temperature: 0.7, vocabulary, processors })
    drafter.begin(prompt, target())
    const draft = await drafter.draft(3, draws)
    expect(draft.q).toMatchObject({ kind: 'sparse', offsets: Int32Array.of(0, 3, 6, 9) })
    const seen = [...prompt]
    for (const [i, token] of draft.tokens.entries()) {
      const logits = model.logits(seen).slice()
      if (processors.length > 0) for (const each of seen) logits[each]! -= 0.25
      const law = Float32Array.from(vocabulary, (id) => logits[id]!)
      softmax(law, 0.7, law)
      expect(token).toBe(vocabulary[categorical(law, draws.uniform(i))])
      const expected = new Float32Array(vocabularySize)
      for (const [column, id] of vocabulary.entries()) expected[id] = law[column]!
      expect(draftRow(draft, i, new Float32Array(vocabularySize))).toEqual(expected)
      seen.push(token)
    }
  }
})

it('drafts the best token of its vocabulary, and nothing when processors leave none of it', async () => {
  const model = small()
  const drafter = draftModel({ model, vocabulary: [0, 2] })
  drafter.begin(prompt, target())
  const [token] = (await drafter.draft(1, draws)).tokens
  const logits = model.logits([...prompt])
  expect(token).toBe(logits[0]! >= logits[2]! ? 0 : 2)
  const forbids: LogitsProcessor = { ...fatigue(), apply: (row) => row.fill(-Infinity, 0, 3), fork: () => forbids }
  for (const temperature of [0, 1]) {
    const muted = draftModel({ model: small(), vocabulary: [0, 2], processors: [forbids], temperature })
    muted.begin(prompt, target())
    expect((await muted.draft(3, draws)).tokens.length).toBe(0)
  }
})

it('names the first token that differs', () => {
  const text = (words: string[]) => (token: number) => new TextEncoder().encode(words[token] ?? '')
  const tokenBytes = { draft: text(['a', 'b', 'c', 'd', 'e', 'f']), target: text(['a', 'b', 'x', 'd', 'e', 'f']) }
  const drafter = draftModel({ model: small(), tokenBytes })
  expect(() => drafter.begin(prompt, target())).toThrow(/token 2: "c" in the draft model, "x" in the target/)
  const other = draftModel({ model: small() })
  expect(() => other.begin(prompt, toyModel({ vocabularySize: 7 }))).toThrow(/6 tokens and the target 7/)
})

it('refuses bad options with a typed error', () => {
  const vocabularies = [[], [0, 6], [-1], [2, 2], [1.5], [3, 1]].map((vocabulary) => ({ model: small(), vocabulary }))
  const bad = [{}, { model: small(), temperature: -1 }, { model: small(), temperatures: 1 }, ...vocabularies]
  for (const options of bad) {
    expect(() => draftModel(options as never)).toThrow(ForetokenError)
    expect(() => draftModel(options as never)).toThrow(/draftModel/)
  }
  expect(() => draftModel({ model: toyModel({ vocabularySize, supports: [] }) })).toThrow(/kv:rewind/)
})
