// Over the limit: one independent reference, by enumeration, serves all of these tests.
import { type Constraint, constrain, terminal, vocabulary } from '@foretoken/constraint'
import { ForetokenError, generate, type LogitsProcessor, rng, SPEC_VERSION } from '@foretoken/core'
import { chiSquare, type ToyLogits, toyModel, toyTable } from '@foretoken/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GrammarAlignedOptions, SavedAlignment } from './options.ts'
import { type GrammarAligned, grammarAligned } from './sampler.ts'

function languageOf(words: readonly string[], texts: readonly string[] | 'all'): Constraint {
  const tokens = vocabulary({
    vocabularySize: words.length,
    tokenBytes: (id) => new TextEncoder().encode(words[id]),
    stopTokens: [words.indexOf('')],
  })
  return constrain(
    {
      name: 'texts',
      build: (r) => {
        const each = texts === 'all' ? words.filter(Boolean) : texts
        const one = r.or(each.map((text) => r.literal(text)))
        return [terminal(texts === 'all' ? r.repeat(one, 0, Infinity) : one)]
      },
    },
    tokens,
  )
}

const WORDS = ['a', 'b', 'ab', 'c', '']
const STOP = 4
const PROMPT = Int32Array.of(1, 3)
/** Sentences of several cuts, and prefixes that are hard to end. */
const some = languageOf(WORDS, ['ab', 'abab', 'cab', 'ccb', 'bbb', 'b'])

/** P(t | x), in doubles: the definition. */
function law(logits: ToyLogits, x: readonly number[], temperature = 1, before?: LogitsProcessor): number[] {
  const row = logits([...PROMPT, ...x]).slice()
  before?.apply(row)
  const weights = Array.from(row, (logit) => Math.exp(logit / temperature))
  const sum = weights.reduce((a, b) => a + b)
  return weights.map((weight) => weight / sum)
}

interface Reference {
  readonly p: (x: readonly number[]) => number[]
  readonly allowed: (x: readonly number[]) => number[]
}

function referenceOf(
  constraint: Constraint,
  logits: ToyLogits,
  maxTokens = Infinity,
  temperature = 1,
  before?: LogitsProcessor,
): Reference {
  return {
    p: (x) => law(logits, x, temperature, before),
    allowed(x) {
      const matcher = constraint.matcher()
      for (const token of x) matcher.advance(token)
      return WORDS.map((_, id) => id).filter((id) => matcher.isAllowed(id) && (id === STOP || x.length + 1 < maxTokens))
    },
  }
}

/** c(x), by enumeration. */
const grammatical = (world: Reference, x: readonly number[]): number =>
  world.allowed(x).reduce((sum, t) => sum + world.p(x)[t]! * (t === STOP ? 1 : grammatical(world, [...x, t])), 0)

/** c̃(x), from the prefixes that were visited. */
const bound = (world: Reference, visited: ReadonlySet<string>, x: readonly number[]): number =>
  visited.has(x.join())
    ? world.allowed(x).reduce((sum, t) => sum + world.p(x)[t]! * (t === STOP ? 1 : bound(world, visited, [...x, t])), 0)
    : 1

/** Every prefix that can be reached. */
function prefixes(world: Reference, x: readonly number[] = []): number[][] {
  return [[...x], ...world.allowed(x).flatMap((t) => (t === STOP ? [] : prefixes(world, [...x, t])))]
}

/** Walks a text as a generation does, and gives the law at each of its prefixes. */
const walk = (aligned: GrammarAligned, logits: ToyLogits, text: readonly number[], temperature = 1): number[][] =>
  walkWith(processorOf(aligned).fork(), logits, text, temperature)

const processorOf = (aligned: GrammarAligned): LogitsProcessor => aligned.decoding.processors![0]!

function walkWith(processor: LogitsProcessor, logits: ToyLogits, text: readonly number[], temperature = 1): number[][] {
  for (const token of PROMPT) processor.advance(token)
  return Array.from({ length: text.length + 1 }, (_, i) => {
    const row = logits([...PROMPT, ...text.slice(0, i)]).slice()
    processor.apply(row)
    if (i < text.length) processor.advance(text[i]!)
    const weights = Array.from(row, (logit) => Math.exp(logit / temperature))
    const sum = weights.reduce((a, b) => a + b)
    return weights.map((weight) => weight / sum)
  })
}

const begin = (extra: Partial<GrammarAlignedOptions> = {}) =>
  grammarAligned({ constraint: some, prompt: PROMPT, ...extra })

/** Q_T of every text: probability by tokens. Forks of a fork begin no sample, so the bounds stay as they are. */
function textLaw(frozen: LogitsProcessor, world: Reference, logits: ToyLogits): Map<string, number> {
  const laws = new Map(prefixes(world).map((x) => [x.join(), walkWith(frozen.fork(), logits, x).at(-1)!]))
  const found = new Map<string, number>()
  const go = (x: readonly number[], mass: number): void => {
    for (const t of world.allowed(x)) {
      const share = mass * laws.get(x.join())![t]!
      if (t === STOP) found.set(x.join(), share)
      else go([...x, t], share)
    }
  }
  go([], 1)
  return found
}

/** Q: the model's law given the grammar. */
function conditionalLaw(world: Reference): Map<string, number> {
  const whole = grammatical(world, [])
  const found = new Map<string, number>()
  const go = (x: readonly number[], mass: number): void => {
    for (const t of world.allowed(x)) {
      const share = mass * world.p(x)[t]!
      if (t === STOP) found.set(x.join(), share / whole)
      else go([...x, t], share)
    }
  }
  go([], 1)
  return found
}

function expectClose(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): void {
  expect([...a.keys()].sort()).toEqual([...b.keys()].sort())
  for (const [key, value] of a) expect(Math.abs(value - b.get(key)!)).toBeLessThan(1e-6)
}

describe('the example of the paper', () => {
  const constraint = languageOf(['0', '1', ''], ['00', '10', '11'])
  const logits: ToyLogits = ([, , ...x]) =>
    Float32Array.from(
      x.length === 2 ? [0, 0, 1] : x.length === 0 ? [0.9, 0.1, 0] : x[0] === 0 ? [0.1, 0.9, 0] : [0.5, 0.5, 0],
      Math.log,
    )
  const start = () => begin({ constraint })
  const first = (aligned: GrammarAligned) => walk(aligned, logits, [])[0]!

  it('masks at first', () => {
    expect(first(start())[0]).toBeCloseTo(0.9, 6)
  })

  it('is exact after the sample 00', () => {
    const aligned = start()
    walk(aligned, logits, [0, 0])
    expect(aligned.statistics().atMost).toBeCloseTo(0.19, 6)
    expect(first(aligned)[0]).toBeCloseTo(0.09 / 0.19, 6)
    expect(first(aligned)[1]).toBeCloseTo(0.1 / 0.19, 6)
  })

  it('still masks after the sample 10', () => {
    const aligned = start()
    walk(aligned, logits, [1, 0])
    expect(first(aligned)[0]).toBeCloseTo(0.9, 6)
  })
})

it('has the law of the definition at every prefix, whatever was visited; bounds hold and never grow', () => {
  fc.assert(
    fc.property(
      fc.nat(1000),
      fc.array(fc.nat(1e6), { maxLength: 12 }),
      fc.constantFrom(1, 0.6),
      (seed, picks, temperature) => {
        const logits = toyTable({ vocabularySize: WORDS.length, seed, spread: 3 })
        const world = referenceOf(some, logits, Infinity, temperature)
        const all = prefixes(world)
        const aligned = begin({ temperature })
        const visited = new Set<string>()
        let last = 1
        for (const pick of picks) {
          const text = all[pick % all.length]!
          walk(aligned, logits, text, temperature)
          for (let i = 0; i <= text.length; i++) visited.add(text.slice(0, i).join())
          const { atMost, atLeast } = aligned.statistics()
          expect(atMost).toBeCloseTo(bound(world, visited, []), 10)
          expect(atMost).toBeLessThanOrEqual(last)
          expect(atMost).toBeGreaterThanOrEqual(grammatical(world, []) - 1e-12)
          expect(atLeast).toBeLessThanOrEqual(grammatical(world, []) + 1e-12)
          last = atMost
        }
        const x = all[(picks[0] ?? 0) % all.length]!
        const weights = world
          .p(x)
          .map((p, t) => (world.allowed(x).includes(t) ? p * (t === STOP ? 1 : bound(world, visited, [...x, t])) : 0))
        const sum = weights.reduce((a, b) => a + b)
        for (const [t, share] of walk(aligned, logits, x, temperature).at(-1)!.entries())
          expect(share).toBeCloseTo(weights[t]! / sum, 5)
      },
    ),
    { numRuns: 40 },
  )
})

it('is the conditional law when everything was visited, and knows it', () => {
  for (let seed = 0; seed < 5; seed++) {
    const logits = toyTable({ vocabularySize: WORDS.length, seed })
    const world = referenceOf(some, logits)
    const aligned = begin()
    const all = prefixes(world)
    for (const [i, x] of all.entries()) {
      expect(aligned.statistics().isExact).toBe(i === all.length)
      walk(aligned, logits, x)
    }
    const { isExact, atMost, atLeast } = aligned.statistics()
    expect([isExact, atLeast]).toEqual([true, atMost])
    expect(Math.abs(atMost - grammatical(world, []))).toBeLessThan(1e-12)
    expectClose(textLaw(processorOf(aligned).fork(), world, logits), conditionalLaw(world))
  }
})

it('leaves the law of the model where everything is allowed', () => {
  const logits = toyTable({ vocabularySize: WORDS.length, seed: 3 })
  const aligned = begin({ constraint: languageOf(WORDS, 'all') })
  for (const text of [
    [0, 1],
    [2, 2, 3],
    [0, 3, 1],
  ])
    walk(aligned, logits, text)
  for (const text of [[], [0], [2, 2], [0, 3]]) {
    for (const [t, share] of walk(aligned, logits, text).at(-1)!.entries())
      expect(share).toBeCloseTo(law(logits, text)[t]!, 7)
  }
  expect(aligned.statistics().atMost).toBeCloseTo(1, 12)
})

it('takes texts of at most maxTokens', () => {
  const constraint = languageOf(['a', 'b', 'ab', 'c', ''], 'all')
  const logits = toyTable({ vocabularySize: WORDS.length, seed: 8 })
  const world = referenceOf(constraint, logits, 3)
  const aligned = begin({ constraint, maxTokens: 3 })
  for (const x of prefixes(world)) walk(aligned, logits, x)
  expect(aligned.statistics().isExact).toBe(true)
  expect(aligned.statistics().atMost).toBeCloseTo(grammatical(world, []), 12)
  expectClose(textLaw(processorOf(aligned).fork(), world, logits), conditionalLaw(world))
})

it('throws where no text is short enough, and not before it knows', () => {
  const aligned = begin({ constraint: languageOf(WORDS, ['ccc']), maxTokens: 2 })
  const logits = toyTable({ vocabularySize: WORDS.length })
  walk(aligned, logits, [3, 3])
  expect(() => walk(aligned, logits, [])).toThrow(/No text of the grammar/)
})

/** Keeps the two most probable tokens. */
const twoBest: LogitsProcessor = {
  manifest: { specVersion: SPEC_VERSION, kind: 'processor', name: 'two-best', requires: [] },
  apply(logits) {
    const second = Float32Array.from(logits).sort().at(-2)!
    for (const [t, logit] of logits.entries()) if (logit < second) logits[t] = -Infinity
  },
  advance() {},
  rollback() {},
  fork: () => twoBest,
}

it('takes truncation for a part of the law', () => {
  let cases = 0
  for (let seed = 0; seed < 40; seed++) {
    const logits = toyTable({ vocabularySize: WORDS.length, seed })
    const world = referenceOf(some, logits, Infinity, 1, twoBest)
    if (grammatical(world, []) === 0) continue
    cases++
    const aligned = begin({ before: [twoBest] })
    for (const x of prefixes(world)) walk(aligned, logits, x)
    expect(aligned.statistics().atMost).toBeCloseTo(grammatical(world, []), 10)
    const [mine, theirs] = [textLaw(processorOf(aligned).fork(), world, logits), conditionalLaw(world)]
    for (const [text, share] of theirs) if (share > 0) expect(mine.get(text)).toBeCloseTo(share, 5)
  }
  expect(cases).toBeGreaterThan(3)
})

it('draws from the law through decode: chi-square at alpha 0.001, 4,000 samples', async () => {
  const logits = toyTable({ vocabularySize: WORDS.length, seed: 5 })
  const world = referenceOf(some, logits)
  for (const everything of [false, true]) {
    const aligned = begin()
    for (const x of everything
      ? prefixes(world)
      : [
          [0, 2],
          [3, 3],
        ])
      walk(aligned, logits, x)
    const frozen = processorOf(aligned).fork()
    const expected = everything ? conditionalLaw(world) : textLaw(frozen, world, logits)
    const counts = new Map([...expected.keys()].map((key) => [key, 0]))
    for (let seed = 0; seed < 4000; seed++) {
      const model = toyModel({ vocabularySize: WORDS.length, logits })
      const { tokenIds } = await generate({ model, seed, ...aligned.decoding, processors: [frozen] })
      const key = tokenIds.slice(0, -1).join()
      expect(counts.has(key)).toBe(true)
      counts.set(key, counts.get(key)! + 1)
    }
    expect(chiSquare([...counts.values()], [...expected.values()]).pValue).toBeGreaterThan(0.001)
  }
})

it('comes closer to the conditional law while it draws', async () => {
  const logits = toyTable({ vocabularySize: WORDS.length, seed: 2, spread: 3 })
  const world = referenceOf(some, logits)
  const target = conditionalLaw(world)
  const distance = (aligned: GrammarAligned): number => {
    const now = textLaw(processorOf(begin({ saved: aligned.save() })).fork(), world, logits)
    return [...target].reduce((sum, [text, share]) => sum + Math.abs(share - now.get(text)!), 0) / 2
  }
  const aligned = begin()
  const atFirst = distance(aligned)
  for (let seed = 0; seed < 200; seed++) {
    await generate({ model: toyModel({ vocabularySize: WORDS.length, logits }), seed, ...aligned.decoding })
  }
  expect(aligned.statistics().samples).toBe(200)
  expect(atFirst).toBeGreaterThan(0.05)
  expect(distance(aligned)).toBeLessThan(atFirst / 20)
})

it('weighs masked samples with what was cut: the weights add up to P(L)', () => {
  const logits = toyTable({ vocabularySize: WORDS.length, seed: 6 })
  const world = referenceOf(some, logits)
  const aligned = begin({ law: 'masked' })
  for (const x of prefixes(world)) walk(aligned, logits, x)
  const masked = textLaw(processorOf(aligned).fork(), world, logits)
  let sum = 0
  for (const [key, share] of masked) {
    const text = [...(key === '' ? [] : key.split(',').map(Number)), STOP]
    const { steps, whole } = aligned.cut(text)
    sum += share * (1 - whole)
    const x = text.slice(0, -1)
    expect(steps.at(-1)).toBeCloseTo(1 - world.allowed(x).reduce((all, t) => all + world.p(x)[t]!, 0), 10)
  }
  expect(sum).toBeCloseTo(grammatical(world, []), 6)
  expect(begin().cut([0]).whole).toBeNaN()
})

it('goes on where it was saved', () => {
  const logits = toyTable({ vocabularySize: WORDS.length, seed: 4 })
  const world = referenceOf(some, logits)
  const aligned = begin()
  for (const text of [
    [0, 1],
    [3, 3],
    [2, 2],
  ])
    walk(aligned, logits, text)
  const kept = JSON.parse(JSON.stringify(aligned.save())) as SavedAlignment
  const again = begin({ saved: kept })
  expect(again.statistics()).toEqual({ ...aligned.statistics(), samples: 0 })
  expect(textLaw(processorOf(again).fork(), world, logits)).toEqual(textLaw(processorOf(aligned).fork(), world, logits))
  const bad: [Partial<GrammarAlignedOptions>, RegExp][] = [
    [{ saved: kept, temperature: 0.5 }, /temperature 1/],
    [{ saved: kept, prompt: Int32Array.of(1) }, /prompt/],
    [{ saved: kept, maxTokens: 5 }, /maxTokens/],
    [{ saved: kept, mostNodes: 2 }, /mostNodes/],
    [{ saved: { ...kept, tokens: kept.tokens.map(() => 0) } }, /saved/],
    [{ saved: { ...kept, parents: kept.parents.map(() => 99) } }, /saved/],
    [{ saved: { ...kept, legal: kept.legal.map(() => 3) } }, /probability of 3/],
    [{ saved: { ...kept, stops: [] } }, /unequal/],
    [{ saved: {} as SavedAlignment }, /saved/],
  ]
  for (const [options, message] of bad) expect(() => begin(options)).toThrow(message)
})

it('stays within its room, with bounds that hold', () => {
  const logits = toyTable({ vocabularySize: WORDS.length, seed: 4 })
  const world = referenceOf(some, logits)
  const aligned = begin({ mostNodes: 4 })
  const { uniform } = rng(1)
  const all = prefixes(world)
  for (let i = 0; i < 100; i++) walk(aligned, logits, all[Math.floor(uniform(0, i) * all.length)]!)
  const { nodes, isFull, atMost } = aligned.statistics()
  expect([nodes, isFull]).toEqual([4, true])
  expect(atMost).toBeGreaterThanOrEqual(grammatical(world, []))
  expect([...textLaw(processorOf(aligned).fork(), world, logits).values()].reduce((a, b) => a + b)).toBeCloseTo(1, 6)
})

it('refuses bad options, and another prompt', () => {
  const bad = [
    { temperature: 0 },
    { maxTokens: 0 },
    { mostNodes: 0 },
    { law: 'both' },
    { topK: 3 },
    { constraint: {} },
    { prompt: [1] },
  ]
  for (const each of bad) {
    expect(() => begin(each as unknown as GrammarAlignedOptions)).toThrow(ForetokenError)
  }
  const processor = begin().decoding.processors![0]!.fork()
  expect(() => processor.advance(2)).toThrow(/the same prompt/)
  expect(() => processor.rollback(1)).toThrow(ForetokenError)
})
