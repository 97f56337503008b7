import { generate } from '@foretoken/core'
import { grammarAligned } from '@foretoken/sampler-grammar-aligned'
import { rejectionPrefix } from '@foretoken/sampler-rejection-prefix'
import { toyModel } from '@foretoken/testkit'
import type { ModelChoice } from '../model.ts'
import { type CommonOptions, type Findings, say } from '../report.ts'
import { median } from '../statistics.ts'
import { table } from '../table.ts'
import { type AlignedCase, bitCases, realCase } from './case.ts'
import { alignedLaw, conditionalLaw, distance, type Law, rejectionLaw } from './laws.ts'

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
  /** Texts drawn for one sample, over those since the point before. */
  readonly tries: number
}

interface CaseResult {
  readonly name: string
  readonly method: string
  readonly prefixes: number
  /** Of the grammar, under the model. */
  readonly probability: number
  readonly points: readonly Point[]
}

/** A way to sample, and the law of its next sample. */
interface Sampling {
  law(): Law
  /** @returns Texts drawn for it. */
  sample(seed: number): Promise<number>
}

const METHODS: Readonly<Record<string, (given: AlignedCase, seed: number) => Sampling>> = {
  'grammar-aligned': (given) => {
    const { constraint, prompt } = given
    const sampling = grammarAligned({ constraint, prompt })
    return {
      law: () => alignedLaw(sampling, given),
      async sample(seed) {
        await generate({ model: modelOf(given), seed, ...sampling.decoding })
        return 1
      },
    }
  },
  'rejection-prefix': (given, seed) => {
    const { constraint, prompt } = given
    const sampling = rejectionPrefix({ model: modelOf(given), constraint, prompt, seed })
    return { law: () => rejectionLaw(sampling, given), sample: async () => (await sampling.sample()).tries }
  },
}

const CHECKPOINTS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
/** What the last distance of `grammar-aligned` must have come down to, and the most that `rejection-prefix` may have. */
const LEAST_GAIN = 10
const MOST_ROUNDING = 1e-6

/** How fast samples come to the model's law given the grammar; masking stays where 0 samples are, and rejection is always there. */
export async function aligned(options: AlignedOptions): Promise<Findings> {
  const { runs, samples, threads, seed } = options
  const cases = [...bitCases(), await realCase(options, threads)]
  const results: CaseResult[] = []
  for (const each of cases) {
    for (const method of Object.keys(METHODS)) results.push(await measure(each, method, options))
    say(`${each.name}: ${each.prefixes.length} prefixes`)
  }
  return {
    settings: { runs, samples, threads, seed, temperature: 1 },
    results: { cases: results },
    text: textOf(results),
    chart: chartOf(results),
    holds: results.every(holds),
  }
}

function holds({ method, points }: CaseResult): boolean {
  if (method === 'rejection-prefix') return points.every(({ worst }) => worst < MOST_ROUNDING)
  return points.at(-1)!.median <= points[0]!.median / LEAST_GAIN
}

function textOf(results: readonly CaseResult[]): string {
  const rows = results.flatMap(({ name, method, points }) =>
    points.map(({ samples, median: middle, worst, tries }) => [name, method, samples, middle, worst, tries]),
  )
  const columns = [
    { title: 'case' },
    { title: 'method' },
    { title: 'samples', digits: 0 },
    { title: 'distance, median', digits: 6 },
    { title: 'worst', digits: 6 },
    { title: 'tries a sample', digits: 2 },
  ]
  return table(columns, rows)
}

/** A line for each case of `grammar-aligned`, and one for rejection: the farthest of its cases. */
function chartOf(results: readonly CaseResult[]): Findings['chart'] & object {
  const of = (wanted: string) => results.filter(({ method }) => method === wanted)
  const lines = of('grammar-aligned').flatMap(({ name, method, points }) =>
    points.map((point) => ({ samples: point.samples, distance: point.median, line: `${method}: ${name}` })),
  )
  const exact = of('rejection-prefix')
  const farthest = exact[0]!.points.map(({ samples }, i) => ({
    samples,
    distance: Math.max(...exact.map(({ points }) => points[i]!.worst)),
    line: 'rejection-prefix: all cases',
  }))
  const values = [...lines, ...farthest]
  const order = [...new Set(values.map(({ line }) => line))]
  return {
    title: 'Distance to the conditional law by samples drawn',
    data: { values },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'samples', type: 'quantitative', scale: { type: 'symlog' }, title: 'samples drawn before' },
      y: { field: 'distance', type: 'quantitative', title: 'total variation distance, median' },
      color: { field: 'line', type: 'nominal', title: null, sort: order, legend: { labelLimit: 300 } },
    },
  }
}

const modelOf = ({ constraint, logits }: AlignedCase) =>
  toyModel({ vocabularySize: constraint.vocabulary.size, logits })

async function measure(given: AlignedCase, method: string, options: AlignedOptions): Promise<CaseResult> {
  const { runs, samples, seed } = options
  const marks = CHECKPOINTS.filter((mark) => mark <= samples)
  const { law: target, probability } = conditionalLaw(given)
  const distances: number[][] = marks.map(() => [])
  const tries = marks.map(() => 0)
  for (let run = 0; run < runs; run++) {
    const sampling = METHODS[method]!(given, seed + run)
    for (let drawn = 0, at = 0; ; drawn++) {
      if (drawn === marks[at]) distances[at++]!.push(distance(target, sampling.law()))
      if (at === marks.length) break
      tries[at]! += await sampling.sample(seed + run * 100_000 + drawn)
    }
  }
  const points = marks.map((mark, i) => ({
    samples: mark,
    median: median(distances[i]!),
    worst: Math.max(...distances[i]!),
    tries: i === 0 ? Number.NaN : tries[i]! / runs / (mark - marks[i - 1]!),
  }))
  return { name: given.name, method, prefixes: given.prefixes.length, probability, points }
}
