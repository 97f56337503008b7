import { type Constraint, constrain, terminal, vocabulary } from '@foretoken/constraint'
import { categorical, ForetokenError, type LogitsProcessor, SPEC_VERSION } from '@foretoken/core'
import { chiSquare, type ToyLogits, toyModel, toyTable } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { type RejectionPrefixOptions, rejectionPrefix } from './index.ts'
import { sampling } from './sampler.ts'

const WORDS = ['a', 'b', '']
const STOP = 2
const PROMPT = Int32Array.of(1, 0)

function languageOf(texts: readonly string[] | 'all'): Constraint {
  const tokens = vocabulary({
    vocabularySize: WORDS.length,
    tokenBytes: (id) => new TextEncoder().encode(WORDS[id]),
    stopTokens: [STOP],
  })
  const build = (r: Parameters<Parameters<typeof constrain>[0]['build']>[0]) => {
    const one = r.or((texts === 'all' ? ['a', 'b'] : texts).map((text) => r.literal(text)))
    return [terminal(texts === 'all' ? r.repeat(one, 0, Infinity) : one)]
  }
  return constrain({ name: 'texts', build }, tokens)
}

/** P(t | x), in doubles: the definition. */
function law(logits: ToyLogits, x: readonly number[], temperature = 1, before?: LogitsProcessor): number[] {
  const row = logits([...PROMPT, ...x]).slice()
  before?.apply(row)
  const weights = Array.from(row, (logit) => Math.exp(logit / temperature))
  const sum = weights.reduce((a, b) => a + b)
  return weights.map((weight) => weight / sum)
}

/** P(text) of every text of a list, by its tokens, and their sum. */
function masses(
  texts: readonly string[],
  p: (x: readonly number[]) => number[],
): { of: Map<string, number>; all: number } {
  const of = new Map<string, number>()
  for (const text of texts) {
    const tokens = [...Array.from(text, (char) => WORDS.indexOf(char)), STOP]
    of.set(
      tokens.join(),
      tokens.reduce((mass, token, i) => mass * p(tokens.slice(0, i))[token]!, 1),
    )
  }
  return { of, all: [...of.values()].reduce((a, b) => a + b) }
}

const TEXTS = ['ab', 'b', 'bba']
const some = languageOf(TEXTS)
const modelOf = (logits: ToyLogits) => toyModel({ vocabularySize: WORDS.length, logits })
const begin = (logits: ToyLogits, extra: Partial<RejectionPrefixOptions> = {}) =>
  rejectionPrefix({ model: modelOf(logits), constraint: some, prompt: PROMPT, ...extra })

function expectLaw(found: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>, all: number): void {
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort())
  for (const [key, mass] of expected) expect(Math.abs(found.get(key)! - mass / all)).toBeLessThan(1e-12)
}

/** Draws of a run: some are given, behind them the first possible token. */
type Drawing = (weights: Float64Array, sum: number) => number

/** The exact law of what a run gives, over all tokens that it may draw. */
async function lawOf(run: (draw: Drawing) => Promise<string>): Promise<Map<string, number>> {
  const law = new Map<string, number>()
  const open: number[][] = [[]]
  for (let given = open.pop(); given; given = open.pop()) {
    const drawn: number[] = []
    let probability = 1
    const result = await run((weights, sum) => {
      const possible = [...weights.keys()].filter((token) => weights[token]! > 0)
      const token = given[drawn.length] ?? possible[0]!
      if (drawn.length >= given.length) for (const other of possible.slice(1)) open.push([...drawn, other])
      drawn.push(token)
      probability *= weights[token]! / sum
      return token
    })
    law.set(result, (law.get(result) ?? 0) + probability)
  }
  return law
}

/** The law of the sample that comes after some with fixed draws, over all draws of all its tries. */
const lawAfter = (logits: ToyLogits, fixed: readonly number[], extra: Partial<RejectionPrefixOptions> = {}) =>
  lawOf(async (draw) => {
    let from = Infinity
    const options = { model: modelOf(logits), constraint: some, prompt: PROMPT, ...extra }
    const exact = sampling(options, (tries) => (weights, sum, position) => {
      const u = fixed[(3 * tries + position) % fixed.length]
      return tries < from && u !== undefined ? categorical(weights, u, sum) : draw(weights, sum)
    })
    for (const _ of fixed) await exact.sample()
    from = exact.statistics().tries
    return (await exact.sample()).tokenIds.join()
  })

it('follows P(text) / P(grammar) at the first sample and at later ones, over all draws, to 1e-12', async () => {
  for (let seed = 0; seed < 4; seed++) {
    const logits = toyTable({ vocabularySize: WORDS.length, seed })
    const { of, all } = masses(TEXTS, (x) => law(logits, x))
    for (const fixed of [[], [0.1], [0.9, 0.4], [0.2, 0.7, 0.99, 0.5]]) {
      expectLaw(await lawAfter(logits, fixed), of, all)
    }
  }
})

it('keeps the law of a temperature, of processors and of short texts', async () => {
  const logits = toyTable({ vocabularySize: WORDS.length, seed: 3 })
  const cold = masses(TEXTS, (x) => law(logits, x, 0.5, lessOfA))
  expectLaw(await lawAfter(logits, [], { temperature: 0.5, before: [lessOfA] }), cold.of, cold.all)
  const short = masses(['', 'a', 'b', 'aa', 'ab', 'ba', 'bb'], (x) => law(logits, x))
  expectLaw(await lawAfter(logits, [], { constraint: languageOf('all'), maxTokens: 3 }), short.of, short.all)
})

it('keeps the law where there is no room to remember', async () => {
  const logits = toyTable({ vocabularySize: WORDS.length, seed: 1 })
  const texts = ['ab', 'b']
  const { of, all } = masses(texts, (x) => law(logits, x))
  const exact = begin(logits, { constraint: languageOf(texts), mostNodes: 1 })
  const counts = new Map(Array.from(of.keys(), (key) => [key, 0]))
  for (let i = 0; i < 3000; i++) {
    const key = (await exact.sample()).tokenIds.join()
    counts.set(key, counts.get(key)! + 1)
  }
  const { isFull, isExact, tries } = exact.statistics()
  expect([isFull, isExact, tries > 3000]).toEqual([true, false, true])
  const expected = Array.from(of.values(), (mass) => mass / all)
  expect(chiSquare([...counts.values()], expected).pValue).toBeGreaterThan(0.001)
})

it('draws from the law: chi-square at alpha 0.001, 4,000 samples, none rejected once all is known', async () => {
  const logits = toyTable({ vocabularySize: WORDS.length, seed: 5 })
  const { of, all } = masses(TEXTS, (x) => law(logits, x))
  const exact = begin(logits, { seed: 7 })
  const counts = new Map(Array.from(of.keys(), (key) => [key, 0]))
  let last = 1
  for (let i = 0; i < 4000; i++) {
    const { tokenIds, logProbability, tries } = await exact.sample()
    const key = tokenIds.join()
    expect(logProbability).toBeCloseTo(Math.log(of.get(key)!), 10)
    counts.set(key, counts.get(key)! + 1)
    const { atMost, atLeast } = exact.statistics()
    expect(atMost).toBeLessThanOrEqual(last + 1e-15)
    expect(atMost).toBeGreaterThanOrEqual(all - 1e-12)
    expect(atLeast).toBeLessThanOrEqual(all + 1e-12)
    if (i > 3000) expect(tries).toBe(1)
    last = atMost
  }
  const expected = Array.from(of.values(), (mass) => mass / all)
  expect(chiSquare([...counts.values()], expected).pValue).toBeGreaterThan(0.001)
  const { isExact, cut, samples } = exact.statistics()
  expect([isExact, samples]).toEqual([true, 4000])
  expect(cut).toBeCloseTo(1 - all, 12)
})

it('says what is kept behind a prefix', async () => {
  const logits = toyTable({ vocabularySize: WORDS.length, seed: 2 })
  const exact = begin(logits)
  expect([exact.kept([]), exact.kept([0, 0])]).toEqual([1, 1])
  while (!exact.statistics().isExact) await exact.sample()
  // Behind `a`, only `b` and the end.
  expect(exact.kept([0])).toBeCloseTo(law(logits, [0])[1]! * law(logits, [0, 1])[STOP]!, 12)
  expect([exact.kept([0, 0]), exact.kept([0, 1, STOP])]).toEqual([0, 1])
})

it('goes on after an abort and after too many tries, with the law as it was', async () => {
  const logits: ToyLogits = () => Float32Array.of(6, 0, 0)
  const exact = begin(logits, { constraint: languageOf(['bbb']), maxTries: 2 })
  await expect(exact.sample({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
  await expect(exact.sample()).rejects.toMatchObject({ code: 'UNSUPPORTED', details: { limit: 'maxTries', value: 2 } })
  expect(exact.statistics()).toMatchObject({ samples: 0, tries: 3 })
  let draws = 0
  while (exact.statistics().samples === 0 && draws++ < 10) await exact.sample().catch(() => {})
  expect(exact.statistics()).toMatchObject({ samples: 1, isExact: true })
})

it('an abort inside a text bends nothing', async () => {
  const logits = toyTable({ vocabularySize: WORDS.length, seed: 4 })
  const { of, all } = masses(TEXTS, (x) => law(logits, x))
  const found = await lawOf(async (draw) => {
    const model = modelOf(logits)
    const abort = new AbortController()
    let passes = 0
    const watched = {
      ...model,
      get length() {
        return model.length
      },
      step: (input: Parameters<typeof model.step>[0]) => {
        if (++passes === 3) abort.abort()
        return model.step(input)
      },
    }
    let isFirst = true
    const exact = sampling(
      { model: watched, constraint: some, prompt: PROMPT },
      () => (weights, sum) => (isFirst ? categorical(weights, 0.99, sum) : draw(weights, sum)),
    )
    await exact.sample({ signal: abort.signal }).catch(() => {})
    isFirst = false
    return (await exact.sample()).tokenIds.join()
  })
  expectLaw(found, of, all)
})

it('throws where no text is possible, and where two samples are asked for at once', async () => {
  const logits = toyTable({ vocabularySize: WORDS.length })
  const none = begin(logits, { constraint: languageOf(['aaa']), maxTokens: 2 })
  await expect(none.sample()).rejects.toMatchObject({ code: 'EMPTY_SUPPORT' })
  const exact = begin(logits)
  const first = exact.sample()
  await expect(exact.sample()).rejects.toThrow(/before the last one ended/)
  await expect(first).resolves.toBeDefined()
})

it('leaves the model at the prompt, and takes one that holds a part of it', async () => {
  const logits = toyTable({ vocabularySize: WORDS.length })
  const model = modelOf(logits)
  const prompt = Int32Array.from({ length: 40 }, (_, i) => i % 2)
  await model.step({ tokens: prompt.slice(0, 5) })
  model.commit(Int32Array.of(0, 1, 2, 3, 4))
  const exact = rejectionPrefix({ model, constraint: some, prompt })
  for (let i = 0; i < 3; i++) {
    await exact.sample()
    expect(model.tokens()).toEqual(prompt.slice(0, -1))
  }
})

it('refuses bad options', () => {
  const logits = toyTable({ vocabularySize: WORDS.length })
  const bad: [object, string][] = [
    [{ topK: 3 }, 'BAD_OPTION'],
    [{ model: undefined }, 'BAD_OPTION'],
    [{ constraint: {} }, 'BAD_OPTION'],
    [{ prompt: [1] }, 'BAD_OPTION'],
    [{ prompt: new Int32Array(0) }, 'EMPTY_PROMPT'],
    [{ prompt: new Int32Array(65) }, 'CONTEXT_FULL'],
    [{ prompt: Int32Array.of(7) }, 'BAD_OPTION'],
    [{ temperature: 0 }, 'BAD_OPTION'],
    [{ temperature: -1 }, 'BAD_OPTION'],
    [{ before: lessOfA }, 'BAD_OPTION'],
    [{ maxTokens: 0 }, 'BAD_OPTION'],
    [{ maxTokens: 64 }, 'BAD_OPTION'],
    [{ maxTries: 0 }, 'BAD_OPTION'],
    [{ mostNodes: 0 }, 'BAD_OPTION'],
    [{ seed: 0.5 }, 'BAD_OPTION'],
    [{ model: toyModel({ vocabularySize: 3, supports: [] }) }, 'CAPABILITY_MISSING'],
    [{ model: toyModel({ vocabularySize: 2 }) }, 'VOCABULARY_MISMATCH'],
  ]
  for (const [extra, code] of bad) {
    let error: unknown
    try {
      begin(logits, extra)
    } catch (thrown) {
      error = thrown
    }
    expect([extra, ForetokenError.is(error) && error.code]).toEqual([extra, code])
  }
})

/** A processor with an effect. */
const lessOfA: LogitsProcessor = {
  manifest: { specVersion: SPEC_VERSION, kind: 'processor', name: 'less-of-a', requires: [] },
  apply(logits) {
    logits[0]! -= 1
  },
  advance() {},
  rollback() {},
  fork: () => lessOfA,
}
