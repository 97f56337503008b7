import { generate, type LogitsProcessor, softmax } from '@foretoken/core'
import { type GrammarAligned, grammarAligned } from '@foretoken/sampler-grammar-aligned'
import { toyModel } from '@foretoken/testkit'
import type { ModelChoice } from '../model.ts'
import { type CommonOptions, type Findings, say } from '../report.ts'
import { median } from '../statistics.ts'
import { table } from '../table.ts'
import { type AlignedCase, bitCases, realCase } from './case.ts'

export interface AlignedOptions extends CommonOptions, Omit<ModelChoice, 'model'> {
  /** Independent runs of each case. */
  readonly runs: number
  /** Samples of each run. */
  readonly samples: number
  readonly threads: number
}

/** Distance of the next sample's law to the conditional law: half of the sum of differences. */
interface Point {
  readonly samples: number
  readonly median: number
  readonly worst: number
}

interface CaseResult {
  readonly name: string
  readonly prefixes: number
  /** Of the grammar, under the model. */
  readonly probability: number
  readonly points: readonly Point[]
}

const CHECKPOINTS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
/** What the last distance must have come down to. */
const LEAST_GAIN = 10

/** How fast samples come to the model's law given the grammar; masking stays where 0 samples are. */
export async function aligned(options: AlignedOptions): Promise<Findings> {
  const { runs, samples, threads, seed } = options
  const cases = [...bitCases(), await realCase(options, threads)]
  const results: CaseResult[] = []
  for (const each of cases) {
    results.push(await measure(each, options))
    say(`${each.name}: ${each.prefixes.length} prefixes`)
  }
  const holds = results.every(({ points }) => points.at(-1)!.median <= points[0]!.median / LEAST_GAIN)
  const rows = results.flatMap(({ name, points }) =>
    points.map(({ samples: n, median: middle, worst }) => [name, n, middle, worst]),
  )
  const columns = [
    { title: 'case' },
    { title: 'samples', digits: 0 },
    { title: 'distance, median', digits: 6 },
    { title: 'worst', digits: 6 },
  ]
  return {
    settings: { runs, samples, threads, seed, temperature: 1 },
    results: { cases: results },
    text: table(columns, rows),
    chart: {
      title: 'Distance to the conditional law by samples drawn',
      data: { values: results.flatMap(({ name, points }) => points.map((point) => ({ ...point, case: name }))) },
      mark: { type: 'line', point: true },
      encoding: {
        x: { field: 'samples', type: 'quantitative', scale: { type: 'symlog' }, title: 'samples drawn before' },
        y: { field: 'median', type: 'quantitative', title: 'total variation distance, median' },
        color: { field: 'case', type: 'nominal', title: null },
      },
    },
    holds,
  }
}

async function measure(given: AlignedCase, { runs, samples, seed }: AlignedOptions): Promise<CaseResult> {
  const { constraint, prompt, logits } = given
  const marks = CHECKPOINTS.filter((mark) => mark <= samples)
  const { law: target, probability } = conditionalLaw(given)
  const distances: number[][] = marks.map(() => [])
  for (let run = 0; run < runs; run++) {
    const sampling = grammarAligned({ constraint, prompt })
    for (let drawn = 0, at = 0; at < marks.length; drawn++) {
      if (drawn === marks[at]) distances[at++]!.push(distance(target, lawNow(sampling, given)))
      const model = toyModel({ vocabularySize: constraint.vocabulary.size, logits })
      await generate({ model, seed: seed + run * 100_000 + drawn, ...sampling.decoding })
    }
  }
  const points = marks.map((mark, i) => ({
    samples: mark,
    median: median(distances[i]!),
    worst: Math.max(...distances[i]!),
  }))
  return { name: given.name, prefixes: given.prefixes.length, probability, points }
}

type Law = ReadonlyMap<string, number>

/** P(text) / P(grammar) of every text, from the model's logits alone. */
function conditionalLaw(given: AlignedCase): { law: Law; probability: number } {
  const masses = textLaw(given, (_, row) => row)
  const probability = [...masses.values()].reduce((sum, mass) => sum + mass, 0)
  return { law: new Map(Array.from(masses, ([text, mass]) => [text, mass / probability])), probability }
}

/** The law of the next sample, from a copy: looking teaches nothing. */
function lawNow(sampling: GrammarAligned, given: AlignedCase): Law {
  const { constraint, prompt } = given
  const copy = grammarAligned({ constraint, prompt, saved: sampling.save() })
  const frozen: LogitsProcessor = copy.decoding.processors![0]!.fork()
  for (const token of prompt) frozen.advance(token)
  return textLaw(given, (x, row) => {
    for (const token of x) frozen.advance(token)
    frozen.apply(row)
    frozen.rollback(x.length)
    return row
  })
}

/** Probability of every text, by its tokens. */
function textLaw(
  { constraint, prompt, logits, prefixes }: AlignedCase,
  shape: (x: readonly number[], row: Float32Array) => Float32Array,
): Law {
  const reached = new Map<string, number>([['', 1]])
  const law = new Map<string, number>()
  const row = new Float64Array(constraint.vocabulary.size)
  const isPrefix = new Set(prefixes.map((x) => x.join()))
  for (const x of prefixes) {
    const mass = reached.get(x.join())!
    const matcher = constraint.matcher()
    for (const token of x) matcher.advance(token)
    softmax(shape(x, logits([...prompt, ...x]).slice()), 1, row)
    for (const [token, share] of row.entries()) {
      const next = [...x, token].join()
      if (isPrefix.has(next)) reached.set(next, mass * share)
      else if (matcher.isComplete && constraint.vocabulary.stopTokens.includes(token)) law.set(next, mass * share)
    }
  }
  return law
}

function distance(a: Law, b: Law): number {
  let sum = 0
  for (const [text, share] of a) sum += Math.abs(share - b.get(text)!)
  return sum / 2
}
