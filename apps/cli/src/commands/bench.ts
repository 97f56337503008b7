import { generate, type Model } from '@foretoken/core'
import type { Command } from 'commander'
import { integer } from '../arguments.ts'
import { addCompositionOptions, type CompositionOptions, loadComposition } from '../composition.ts'
import { decodeOptions } from '../decode-options.ts'
import { colors, note } from '../terminal.ts'

interface BenchOptions extends CompositionOptions {
  readonly maxTokens: number
  readonly context: number
  readonly repeats: number
  readonly json?: boolean
}

/** Rows fed at once whose cost decides how long a draft may be. */
const ROWS = [1, 2, 3, 4, 6, 8, 12, 16]

export function addBench(program: Command): void {
  const command = program
    .command('bench')
    .description('measure this machine: cost of a step by rows, and drafting against plain decoding')
  addCompositionOptions(command)
    .option('--max-tokens <n>', 'tokens per measured run', integer({ minimum: 8 }), 128)
    .option('--context <n>', 'committed tokens before each measured step', integer({ minimum: 1 }), 128)
    .option('--repeats <n>', 'interleaved repeats; medians are shown', integer({ minimum: 1 }), 5)
    .option('--threads <n>', 'threads of the runtime', integer({ minimum: 1 }))
    .option('--offline', 'never touch the network')
    .option('--json', 'print one JSON object')
    .action(bench)
}

async function bench(options: BenchOptions): Promise<void> {
  const composition = await loadComposition(options)
  try {
    const { model, tokenizer } = composition
    const steps = await stepCosts(model, options)
    model.rewind(0)
    const prompt = tokenizer.encode('Once upon a time')
    const settings = { temperature: 0, seed: 0, maxTokens: options.maxTokens }
    const speed = async (drafter: typeof composition.drafter): Promise<number> => {
      model.rewind(0)
      const { stats } = await generate(decodeOptions({ ...composition, drafter }, settings, prompt))
      return stats.tokensPerSecond
    }
    const plain: number[] = []
    const drafted: number[] = []
    for (let i = 0; i < options.repeats; i++) {
      plain.push(await speed(undefined))
      drafted.push(await speed(composition.drafter))
    }
    report(options, steps, { plain: median(plain), drafted: median(drafted), drafter: composition.drafterName })
  } finally {
    await composition.dispose()
  }
}

interface StepCost {
  readonly rows: number
  readonly milliseconds: number
}

async function stepCosts(model: Model, { context, repeats }: BenchOptions): Promise<StepCost[]> {
  const fed = new Int32Array(Math.min(context, model.contextLength - 32)).fill(1)
  for (let from = 0; from < fed.length; from += model.maximumRows) {
    const chunk = fed.subarray(from, from + model.maximumRows)
    await model.step({ tokens: chunk, logitsFor: new Int32Array(0) })
    model.commit(Int32Array.from(chunk.keys()))
  }
  const times = ROWS.map((): number[] => [])
  for (let repeat = -1; repeat < 2 * repeats; repeat++) {
    for (const [i, rows] of ROWS.entries()) {
      const started = performance.now()
      await model.step({ tokens: new Int32Array(rows).fill(1) })
      if (repeat >= 0) times[i]?.push(performance.now() - started)
    }
  }
  return ROWS.map((rows, i) => ({ rows, milliseconds: median(times[i] ?? []) }))
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2
}

function report(
  options: BenchOptions,
  steps: readonly StepCost[],
  speed: { plain: number; drafted: number; drafter: string },
): void {
  const speedup = speed.drafted / speed.plain
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ model: options.model, context: options.context, steps, ...speed, speedup })}\n`,
    )
    return
  }
  const one = steps[0]?.milliseconds ?? 1
  note(colors.bold(`${options.model}, context ${options.context}`))
  for (const { rows, milliseconds } of steps) {
    process.stdout.write(
      `  ${String(rows).padStart(3)} rows ${milliseconds.toFixed(2).padStart(8)} ms  ${(milliseconds / one).toFixed(2)} steps\n`,
    )
  }
  process.stdout.write(
    `  plain ${speed.plain.toFixed(1)} tokens/s, ${speed.drafter} ${speed.drafted.toFixed(1)} tokens/s (${speedup.toFixed(2)}×)\n`,
  )
}
