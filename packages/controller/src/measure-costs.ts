/** Measures c(r, n) on this machine: what a step costs by its rows and its context. */
import { badOption, checkInteger, checkKeys, ForetokenError, type Model, type StepInput } from '@foretoken/core'
import { type CostCurve, CURVE_ROWS } from './cost-curve.ts'
import { isotonic } from './isotonic.ts'

export interface MeasureCostsOptions {
  /** Row counts, ascending from 1. Those above `model.maximumRows` are left out. Default 1, 2, 3, 4, 6, 8, 12, 16, 24, 32. */
  readonly rows?: readonly number[] | undefined
  /** Context lengths, ascending. Those the model's context cannot hold are left out. Default 32, 256, 768. */
  readonly contexts?: readonly number[] | undefined
  /** Timed steps of each row count at each context. Default 5. */
  readonly repetitions?: number | undefined
  /**
   * What a step hands over: `argmax` where decoding is greedy and nobody reads the rows, as most of it is, costs less a row. Default
   * `logits`.
   */
  readonly wants?: 'logits' | 'argmax' | undefined
  /** Kept in the curve: name the checkpoint, the backend, the threads and the machine. Default none. */
  readonly fingerprint?: string | undefined
  /** Milliseconds. Default `performance.now`. */
  readonly clock?: (() => number) | undefined
}

const KEYS = ['rows', 'contexts', 'repetitions', 'wants', 'fingerprint', 'clock']
/** Rows of a step that fills the cache. */
const CHUNK = 64

/**
 * Times steps in a fork of `model`, whose cache stays as it is. Row counts take turns, each beside a plain step; what counts is the
 * median, made non-decreasing in the rows. It takes some hundred steps: seconds for a small model.
 * @throws BAD_OPTION; CAPABILITY_MISSING without `kv:fork`; what the model throws.
 */
export async function measureCosts(model: Model, options: MeasureCostsOptions = {}): Promise<CostCurve> {
  const { repetitions = 5, wants = 'logits', fingerprint, clock = () => performance.now() } = options
  const { rows, contexts } = checkMeasureOptions(model, options)
  await using state = model.fork()
  state.rewind(Math.min(state.length, contexts[0]!))
  const milliseconds: number[][] = []
  for (const context of contexts) {
    await fill(state, context)
    milliseconds.push(await timeRows(state, rows, repetitions, wants, clock))
  }
  return { version: 1, rows, contexts, milliseconds, ...(fingerprint !== undefined && { fingerprint }) }
}

function checkMeasureOptions(
  model: Model,
  options: MeasureCostsOptions,
): { rows: readonly number[]; contexts: readonly number[] } {
  checkKeys('measureCosts', options, KEYS)
  checkInteger('measureCosts', 'repetitions', options.repetitions, 1)
  if (!['logits', 'argmax', undefined].includes(options.wants)) {
    throw badOption('measureCosts', 'wants', `is ${String(options.wants)}`, '"logits" or "argmax"')
  }
  const { rows = CURVE_ROWS, contexts = [32, 256, 768] } = options
  for (const [i, count] of rows.entries())
    checkInteger('measureCosts', 'rows', count, i === 0 ? 1 : rows[i - 1]! + 1, i === 0 ? 1 : undefined)
  for (const [i, length] of contexts.entries())
    checkInteger('measureCosts', 'contexts', length, i === 0 ? 0 : contexts[i - 1]! + 1)
  if (!model.supports.has('kv:fork')) {
    throw new ForetokenError(
      'CAPABILITY_MISSING',
      'measureCosts requires "kv:fork", which the model does not support.',
      {
        fix: 'Leave the costs out: the controller learns them while decoding.',
        details: { capability: 'kv:fork' },
      },
    )
  }
  const fitting = rows.filter((count) => count <= model.maximumRows)
  const most = model.contextLength - fitting.at(-1)!
  const possible = contexts.filter((length) => length <= most)
  return { rows: fitting, contexts: possible.length > 0 ? possible : [0] }
}

/** Feeds tokens until the cache holds `length`. Which tokens does not matter for time. */
async function fill(state: Model, length: number): Promise<void> {
  while (state.length < length) {
    const count = Math.min(CHUNK, state.maximumRows, length - state.length)
    await state.step({ ...rowsOf(state, count), logitsFor: new Int32Array(0) })
    state.commit(Int32Array.from({ length: count }, (_, row) => row))
  }
}

function rowsOf(state: Model, count: number): StepInput {
  return { tokens: Int32Array.from({ length: count }, (_, row) => (row * 31 + 7) % state.vocabularySize) }
}

/** Median milliseconds of a step by row count, [rows], non-decreasing. Nothing is committed. */
async function timeRows(
  state: Model,
  rows: readonly number[],
  repetitions: number,
  wants: 'logits' | 'argmax',
  clock: () => number,
): Promise<number[]> {
  const times = rows.map((): number[] => [])
  const time = async (i: number): Promise<void> => {
    const input = { ...rowsOf(state, rows[i]!), wants }
    const started = clock()
    await state.step(input)
    times[i]!.push(clock() - started)
  }
  // Shapes that run for the first time are no measure.
  for (const count of rows) await state.step({ ...rowsOf(state, count), wants })
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (let i = 0; i < rows.length; i++) {
      // There and back, so that a drift of the machine's speed favours nobody.
      await time(repetition % 2 === 0 ? i : rows.length - 1 - i)
      if (i % 2 === 0) await time(0)
    }
  }
  const medians = Float64Array.from(times, median)
  isotonic(
    medians,
    Float64Array.from(times, (each) => each.length),
  )
  return [...medians]
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const high = sorted[middle]!
  // A clock too coarse to see a step must not give a price of nothing.
  return Math.max(1e-6, sorted.length % 2 === 1 ? high : (sorted[middle - 1]! + high) / 2)
}
