import { loadModel } from '@foretoken/backend-node'
import type { Model } from '@foretoken/core'
import type { ChartSpec } from './chart.ts'
import { type Comparator, type Comparison, comparator } from './compare-logits.ts'
import { type ModelChoice, prepared, textTokens } from './model.ts'
import { type CommonOptions, type Findings, say } from './report.ts'
import { table } from './table.ts'

export interface QualityOptions extends CommonOptions, ModelChoice {
  /** Positions compared. */
  readonly tokens: number
  readonly threads: number
  /** Running text. */
  readonly data?: string | undefined
}

export interface QualityResults {
  readonly total: Comparison
  /** By stretches of the text, in order. */
  readonly stretches: readonly (Comparison & { readonly from: number })[]
}

/** What the integer graph may lose against float32 of the same checkpoint. */
const BARS = { divergence: 0.012, agreement: 0.94, perplexity: 0.02 }
const STRETCH = 128

/** How near the integer graph's distributions are to float32's on running text. */
export async function quality(options: QualityOptions): Promise<Findings> {
  const [candidate, reference] = [await prepared(options), await prepared(options, { weights: 'float32' })]
  const tokens = await textTokens(candidate.tokenizer, options.tokens + 1, options.data)
  const load = (folder: string): Promise<Model> => loadModel(folder, { threads: options.threads, worker: false })
  const models = { candidate: await load(candidate.folder), reference: await load(reference.folder) }
  try {
    const results = await compare(models.reference, models.candidate, tokens)
    const { divergence, agreement } = results.total
    const holds = divergence <= BARS.divergence && agreement >= BARS.agreement && loss(results.total) <= BARS.perplexity
    return {
      settings: { model: options.model, tokens: options.tokens, threads: options.threads, bars: BARS },
      results: { ...results },
      text: qualityText(results),
      chart: qualityChart(results),
      holds,
    }
  } finally {
    await models.candidate.dispose()
    await models.reference.dispose()
  }
}

/** Share by which the candidate's perplexity is above the reference's. */
const loss = ({ perplexity }: Comparison): number => perplexity.candidate / perplexity.reference - 1

/**
 * Feeds both the same text, beginning again where a context is full.
 * @param tokens One more than is compared: each position has a next token.
 */
async function compare(reference: Model, candidate: Model, tokens: Int32Array): Promise<QualityResults> {
  const total = comparator()
  const stretches: { readonly from: number; readonly part: Comparator }[] = []
  const vocabulary = reference.vocabularySize
  const window = Math.min(reference.contextLength, candidate.contextLength)
  for (let from = 0; from < tokens.length - 1; ) {
    const end = Math.min(tokens.length - 1, from + reference.maximumRows, (Math.floor(from / window) + 1) * window)
    if (from % window === 0) for (const model of [reference, candidate]) model.rewind(0)
    const rows = Int32Array.from({ length: end - from }, (_, i) => i)
    const input = { tokens: tokens.subarray(from, end) }
    const { logits: p } = await reference.step(input)
    const { logits: q } = await candidate.step(input)
    for (const row of rows) {
      const at = from + row
      if (at % STRETCH === 0) stretches.push({ from: at, part: comparator() })
      const slice = [row * vocabulary, (row + 1) * vocabulary] as const
      const [left, right, next] = [p.subarray(...slice), q.subarray(...slice), tokens[at + 1]!]
      total.add(left, right, next)
      stretches.at(-1)!.part.add(left, right, next)
    }
    for (const model of [reference, candidate]) model.commit(rows)
    from = end
    if (from % 512 === 0) say(`${from} of ${tokens.length - 1} positions`)
  }
  return { total: total.result(), stretches: stretches.map(({ from, part }) => ({ from, ...part.result() })) }
}

function qualityText({ total }: QualityResults): string {
  const verdict = (holds: boolean): string => (holds ? 'yes' : 'NO')
  return table(
    [
      { title: `int8 against float32, ${total.positions} positions` },
      { title: 'value', digits: 4 },
      { title: 'bar' },
      { title: 'holds' },
    ],
    [
      [
        'divergence KL(float32 || int8), nats',
        total.divergence,
        `<= ${BARS.divergence}`,
        verdict(total.divergence <= BARS.divergence),
      ],
      ['same most likely token', total.agreement, `>= ${BARS.agreement}`, verdict(total.agreement >= BARS.agreement)],
      ['perplexity, float32', total.perplexity.reference],
      ['perplexity, int8', total.perplexity.candidate],
      ['perplexity, relative', loss(total), `<= ${BARS.perplexity}`, verdict(loss(total) <= BARS.perplexity)],
    ],
  )
}

/** Divergence along the text. */
function qualityChart({ total, stretches }: QualityResults): ChartSpec {
  return {
    title: `Divergence of int8 from float32 along the text (mean ${total.divergence.toFixed(4)} nats)`,
    data: { values: stretches.map(({ from, divergence }) => ({ from, divergence })) },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'from', type: 'quantitative', title: 'position' },
      y: { field: 'divergence', type: 'quantitative', title: 'nats' },
    },
  }
}
