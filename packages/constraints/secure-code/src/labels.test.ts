import {
  categorical,
  type Draft,
  ForetokenError,
  generate,
  type LogitsProcessor,
  NO_DRAFT,
  type Target,
  targetLaws,
} from '@foretoken/core'
import {
  exactOutput,
  lawDistance,
  lawOverUniforms,
  plainLaw,
  randomDrafter,
  referenceVerifier,
  testProcessor,
  toyModel,
  toyTable,
} from '@foretoken/testkit'
import { describe, expect, it } from 'vitest'
import { forbidLabels } from './forbid-labels.ts'
import { rewriteLabelled } from './rewrite-labelled.ts'
import { watchLabels } from './watch-labels.ts'

const SIZE = 6
const LABEL = 4
const NEWLINE = 5
const prompt = Int32Array.of(1, 0, 2)
testProcessor({ describe, it }, { create: () => forbidLabels({ labels: [[1, 3]] }), vocabularySize: SIZE })
testProcessor({ describe, it }, { create: () => watchLabels({ labels: [LABEL] }).processor, vocabularySize: SIZE })

function lawOf(logits: readonly number[], processor: LogitsProcessor): number[] {
  const target = targetLaws({ vocabularySize: logits.length, temperature: 1, processors: [processor] })
  target.load(Float32Array.from(logits), NO_DRAFT)
  return [...target.probabilities(-1)]
}

it('gives p(v) / (1 − p(label))', () => {
  const law = lawOf([0.5, 0.2, 0.3].map(Math.log), forbidLabels({ labels: [2] }))
  expect(law.map((p) => p.toFixed(4))).toEqual(['0.7143', '0.2857', '0.0000'])
})

it('forbids only above the threshold, and identifies above it', () => {
  const logits = [0.5, 0.2, 0.2, 0.1].map(Math.log)
  const banned = (labels: number[], threshold?: number): number[] =>
    lawOf(logits, forbidLabels({ labels, threshold })).flatMap((p, id) => (p === 0 ? [id] : []))
  expect([banned([1]), banned([1], 0.1), banned([1], 0.3)]).toEqual([[1], [1], []])
  // Together they have 0.3; a label that is given twice counts once.
  expect([banned([2, 3], 0.25), banned([2, 3], 0.35), banned([2, 2], 0.25)]).toEqual([[2, 3], [], []])
  const identified = (threshold?: number): boolean => {
    const watch = watchLabels({ labels: [1], threshold })
    lawOf(logits, watch.processor)
    return watch.after([])!.isIdentified
  }
  expect([identified(), identified(0.1), identified(0.3)]).toEqual([false, true, false])
  for (const threshold of [-0.1, 1, Number.NaN, '0']) {
    expect(() => forbidLabels({ labels: [1], threshold: threshold as never })).toThrow(/BAD_OPTION|threshold/)
    expect(() => watchLabels({ labels: [1], threshold: threshold as never })).toThrow(/threshold/)
  }
})

it('forbids the last token of a label behind the others, and nowhere else', () => {
  const processor = forbidLabels({
    labels: [
      [0, 1],
      [0, 0, 2],
    ],
  })
  const masked = (): number[] => lawOf([0, 0, 0], processor).flatMap((p, id) => (p === 0 ? [id] : []))
  const seen = [masked()]
  for (const token of [0, 0, 1]) {
    processor.advance(token)
    seen.push(masked())
  }
  expect(seen).toEqual([[], [1], [1, 2], []])
})

/** Equal logits: without the label, every probability is a quarter, which float32 holds exactly. */
const q = Float32Array.of(0.25, 0.25, 0.25, 0, 0.25)
function targetAfter(context: readonly number[]): Target {
  const processor = forbidLabels({ labels: [4] })
  for (const token of context) processor.advance(token)
  return targetLaws({ vocabularySize: 5, temperature: 1, processors: [processor] })
}
const rows = (count: number): Float32Array => new Float32Array(5 * count)
function maskedLaw(context: readonly number[]): Float32Array {
  const target = targetAfter(context)
  target.load(rows(1), NO_DRAFT)
  return target.probabilities(-1).slice()
}

for (const parents of [
  [-1, 0],
  [-1, -1],
]) {
  it(`has that law with speculation, to the last digit: parents ${parents}`, async () => {
    const law = new Map<string, number>()
    const add = (key: string, mass: number): void => void law.set(key, (law.get(key) ?? 0) + mass)
    for (const [first, mass] of q.entries()) {
      for (const [second, share] of q.entries()) {
        if (mass * share === 0) continue
        const tokens = [first, second]
        const dense = Float32Array.from(parents[1] === 0 ? [...q, ...q] : q)
        const rowOf = Int32Array.from(parents, (parent) => parent + 1)
        const draft: Draft = {
          tokens: Int32Array.from(tokens),
          parents: Int32Array.from(parents),
          q: { kind: 'dense', rows: dense, rowOf },
        }
        const target = targetAfter([])
        const given = await lawOverUniforms(
          (uniform) => {
            target.load(rows(3), draft)
            const { path, token } = referenceVerifier('rejection').verify(draft, target, {
              sample: (offset) => uniform(`sample ${offset}`),
              accept: (offset, index = 0) => uniform(`accept ${offset} ${index}`),
              correct: (offset) => uniform(`correct ${offset}`),
            })
            const committed = [...Array.from(path, (node) => tokens[node]!), token]
            if (committed.length < 2) committed.push(categorical(maskedLaw(committed), uniform('rest')))
            return committed.slice(0, 2).join(',')
          },
          { grid: 4 },
        )
        for (const [key, each] of given) add(key, mass * share * each)
      }
    }
    expect(lawDistance(law, plainLaw(maskedLaw, 2))).toBeLessThan(1e-12)
    expect([...law.keys()].every((key) => !key.includes('4'))).toBe(true)
  })
}

it('never lets a label through, drafted or not', async () => {
  await exactOutput({ vocabularySize: SIZE, processors: () => [forbidLabels({ labels: [LABEL, [1, 3]] })] })
  for (let seed = 0; seed < 40; seed++) {
    const drafter = randomDrafter({ vocabularySize: SIZE, width: 2, seed })
    for (const extra of [{}, { drafter, verifier: referenceVerifier('rejection') }]) {
      const processors = [forbidLabels({ labels: [LABEL, [1, 3]] })]
      const model = toyModel({ vocabularySize: SIZE, seed })
      const { tokenIds } = await generate({
        model,
        prompt,
        temperature: seed % 3,
        seed,
        maxTokens: 40,
        processors,
        ...extra,
      })
      expect(`,${tokenIds.join()},`).not.toMatch(/,4,|,1,3,/)
    }
  }
})

/** A model that never writes the label. */
function unlabelled(seed: number) {
  const table = toyTable({ vocabularySize: SIZE, seed })
  const logits = (context: readonly number[]): Float32Array =>
    table(context).map((x, id) => (id === LABEL ? -Infinity : x))
  return toyModel({ vocabularySize: SIZE, logits })
}
const tokenBytes = (id: number): Uint8Array => Uint8Array.of(id === NEWLINE ? 10 : 97 + id)

it('changes nothing where no label is probable', async () => {
  for (let seed = 0; seed < 10; seed++) {
    const run = { prompt, temperature: 1, seed, maxTokens: 40 }
    const plain = await generate({ ...run, model: unlabelled(seed) })
    const held = await generate({ ...run, model: unlabelled(seed), processors: [forbidLabels({ labels: [LABEL] })] })
    const rewritten = await rewriteLabelled({ ...run, model: unlabelled(seed), tokenBytes, labels: [LABEL] })
    expect([...held.tokenIds]).toEqual([...plain.tokenIds])
    expect(rewritten).toEqual({ tokenIds: plain.tokenIds, finishReason: plain.finishReason, rewrites: [], kept: [] })
  }
})

it('says how probable labels were at every position that was kept, drafted or not', async () => {
  for (const seed of [1, 2, 3]) {
    const drafter = randomDrafter({ vocabularySize: SIZE, width: 2, seed })
    for (const extra of [{}, { drafter, verifier: referenceVerifier('match') }]) {
      const watch = watchLabels({ labels: [LABEL, [1, 3]] })
      const processors = [watch.processor, forbidLabels({ labels: [LABEL, [1, 3]] })]
      const model = toyModel({ vocabularySize: SIZE, seed })
      const { tokenIds } = await generate({ model, prompt, temperature: 1, seed, maxTokens: 30, processors, ...extra })
      for (let i = 0; i < tokenIds.length; i++) {
        const context = [...prompt, ...tokenIds.subarray(0, i)]
        const weights = Array.from(model.logits(context), Math.exp)
        const top = weights.indexOf(Math.max(...weights))
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        const labels = context.at(-1) === 1 ? [LABEL, 3] : [LABEL]
        const sight = watch.after(context)!
        expect(sight.probability).toBeCloseTo(
          labels.reduce((sum, id) => sum + weights[id]! / total, 0),
          6,
        )
        expect(sight.isIdentified).toBe(labels.includes(top))
      }
    }
  }
  expect(watchLabels({ labels: [1] }).after([1, 2])).toBeUndefined()
})

/** Always writes the most probable of these next tokens, by the line so far. */
function scripted(next: (line: string) => readonly number[]) {
  const logits = (context: readonly number[]): Float32Array => {
    const line = context.slice(context.lastIndexOf(NEWLINE) + 1).join('')
    const wanted = next(line)
    return Float32Array.from({ length: SIZE }, (_, id) => (wanted.includes(id) ? 10 - wanted.indexOf(id) : -10))
  }
  return toyModel({ vocabularySize: SIZE, logits })
}

describe('rewriteLabelled', () => {
  const lineEnd = Int32Array.of(2, NEWLINE)
  const options = { prompt: lineEnd, tokenBytes, labels: [LABEL], maxTokens: 6 }

  it('writes a labelled line anew, with another beginning', async () => {
    const model = scripted((line) =>
      line === '' ? [0, 1] : line === '01' ? [LABEL] : line.length < 2 ? [1] : [NEWLINE],
    )
    const { tokenIds, rewrites, kept } = await rewriteLabelled({ ...options, model })
    expect([...tokenIds]).toEqual([1, 1, NEWLINE, 1, 1, NEWLINE])
    expect(rewrites.map(({ at, dropped }) => [at, ...dropped])).toEqual([
      [0, 0, 1],
      [3, 0, 1],
    ])
    expect(kept).toEqual([])
    expect([...model.tokens()]).toEqual([...lineEnd, ...tokenIds.subarray(0, 5)])
  })

  it('keeps a line after the last attempt, and says so', async () => {
    const model = scripted((line) => (line === '' ? [0, 1, 2, 3] : line.length < 2 ? [LABEL, 3] : [NEWLINE]))
    const { tokenIds, rewrites, kept } = await rewriteLabelled({ ...options, model, maxTokens: 3, attempts: 2 })
    expect([...tokenIds]).toEqual([2, 3, NEWLINE])
    expect(rewrites.map(({ dropped }) => [...dropped])).toEqual([[0], [1]])
    expect(kept).toEqual([0])
  })

  it('forbids a label at the start of a line', async () => {
    const model = scripted((line) => (line === '' ? [LABEL, 3] : [NEWLINE]))
    const { tokenIds, rewrites } = await rewriteLabelled({ ...options, model, maxTokens: 4 })
    expect([[...tokenIds], rewrites]).toEqual([[3, NEWLINE, 3, NEWLINE], []])
  })

  it('ends without labels for every model, within its tokens', async () => {
    for (let seed = 0; seed < 40; seed++) {
      const drafter = randomDrafter({ vocabularySize: SIZE, width: 2, seed })
      for (const extra of [{}, { drafter, verifier: referenceVerifier('match') }]) {
        const model = toyModel({ vocabularySize: SIZE, seed })
        const run = { ...options, ...extra, model, maxTokens: 20, temperature: 1, seed, stopTokens: Int32Array.of(3) }
        const { tokenIds, finishReason } = await rewriteLabelled(run)
        expect(tokenIds.includes(LABEL)).toBe(false)
        expect(finishReason).toBe(tokenIds.at(-1) === 3 ? 'stop' : 'length')
        if (finishReason === 'length') expect(tokenIds.length).toBe(20)
        expect([...model.tokens()]).toEqual([...lineEnd, ...tokenIds.subarray(0, -1)])
      }
    }
  })

  it('refuses what it cannot keep', async () => {
    const model = scripted(() => [1])
    const bad = [
      { labels: [] },
      { labels: [[1, 2]] },
      { attempts: -1 },
      { tokenBytes: undefined },
      { stopStrings: ['a'] },
    ]
    for (const each of bad)
      await expect(rewriteLabelled({ ...options, model, ...each } as never)).rejects.toThrow(ForetokenError)
  })
})

it('refuses labels that are none', () => {
  for (const labels of [[], [-1], [[]], [1.5], 'a', undefined]) {
    expect(() => forbidLabels({ labels } as never)).toThrow(/forbidLabels: "labels"/)
    expect(() => watchLabels({ labels } as never)).toThrow(/watchLabels: "labels"/)
  }
  expect(() => lawOf([0, 0], forbidLabels({ labels: [7] }))).toThrow(/label 7 is beyond the 2 tokens/)
})
