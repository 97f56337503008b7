import type { Architecture } from '@foretoken/graph'
import type { CommonOptions, Findings } from '../report.ts'
import { median } from '../statistics.ts'
import { table } from '../table.ts'
import { openPage } from './open-page.ts'
import { type BenchPage, FORMS } from './page-interface.ts'

export interface WebgpuOptions extends CommonOptions {
  readonly layers: number
  /** Rows of a step. */
  readonly rows: readonly number[]
  readonly context: number
  readonly repetitions: number
}

declare const benchPage: BenchPage

/** The layers of SmolLM2-135M, fewer of them; a smaller vocabulary, so that the head is a third as in the whole model. */
const SMOLLM2: Architecture = {
  family: 'llama',
  vocabularySize: 8192,
  width: 576,
  layers: 30,
  heads: 9,
  kvHeads: 3,
  headDim: 64,
  feedForward: 1536,
  normEpsilon: 1e-5,
  contextLength: 2048,
  rope: { theta: 100_000 },
  activation: 'silu',
  tiedHead: false,
  qkvBias: false,
  qkNorm: false,
  norms: 'pre',
  normOffset: 0,
}

/** Steps on WebGPU by the form of the weights and the place of the cache, in one page. */
export async function webgpu({ layers, rows, context, repetitions }: WebgpuOptions): Promise<Findings> {
  const task = { architecture: { ...SMOLLM2, layers }, forms: FORMS, rows, context, repetitions }
  await using opened = await openPage(new Map())
  const { times, adapter } = await opened.page.evaluate((task) => benchPage.forms(task), task)
  const medians = times.map(({ form, rows, ms }) => ({ form, rows, ms: median(ms) }))
  const of = (form: string, count: number) => medians.find((each) => each.form === form && each.rows === count)?.ms
  const columns = [{ title: 'weights' }, ...rows.map((count) => ({ title: `${count} rows, ms` }))]
  const lines = FORMS.map((form) => [form, ...rows.map((count) => of(form, count))])
  return {
    settings: { ...task, adapter },
    results: { medians, times },
    text: `${table(columns, lines)}\n\n${adapter}`,
  }
}
