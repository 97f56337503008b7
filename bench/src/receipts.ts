import { loadModel } from '@foretoken/backend-node'
import { capped, type DecodeOptions, generate, type Model } from '@foretoken/core'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { type Receipt, receipt, verifyReceipt } from '@foretoken/receipt'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { type ModelChoice, prepared, textTokens } from './model.ts'
import { type CommonOptions, type Findings, say } from './report.ts'
import { median } from './statistics.ts'
import { table } from './table.ts'

export interface ReceiptsOptions extends CommonOptions, ModelChoice {
  readonly tokens: number
  readonly prompt: number
  readonly repetitions: number
  readonly threads: number
}

/** One generation and its check. */
interface Trial {
  readonly temperature: number
  readonly isDrafted: boolean
  /** Of the generation, prefill included. */
  readonly generateMs: number
  readonly verifyMs: number
  readonly verdict: string
  /** Changes that were not refused where they are: of the first, middle or last token, the seed, the temperature, the prompt. */
  readonly missed: readonly string[]
}

/** Share of the time of plain generation that a check may take. */
const BOUND = 1 / 3

/** What checking a receipt costs beside generating its tokens, and whether it decides rightly. */
export async function receipts(options: ReceiptsOptions): Promise<Findings> {
  const { model: name, tokens, prompt: length, repetitions, threads, seed } = options
  const handle = await prepared(options)
  const text = await textTokens(handle.tokenizer, length * repetitions)
  const model = await loadModel(handle.folder, { threads })
  const trials: Trial[] = []
  try {
    await tryOne({ model, prompt: text.subarray(0, length), maxTokens: 8 })
    for (let i = 0; i < repetitions; i++) {
      const prompt = text.subarray(i * length, (i + 1) * length)
      for (const temperature of [0, 1]) {
        for (const drafted of [{}, { drafter: capped(promptLookup(), 3), verifier: exactMatch() }]) {
          trials.push(await tryOne({ model, prompt, temperature, seed: seed + i, maxTokens: tokens, ...drafted }))
        }
      }
      say(`${i + 1} of ${repetitions}`)
    }
  } finally {
    await model.dispose()
  }
  const lines = linesOf(trials)
  const missed = [...new Set(trials.flatMap((trial) => trial.missed))]
  const isRight = missed.length === 0 && trials.every(({ verdict }) => verdict === 'follows')
  return {
    settings: { model: name, tokens, prompt: length, repetitions, threads },
    results: { trials, lines },
    text: [textOf(lines), ...(missed.length > 0 ? [`Not refused where they are: ${missed.join(', ')}.`] : [])].join(
      '\n\n',
    ),
    holds: isRight && lines.every(({ share, isDrafted }) => isDrafted || share <= BOUND),
  }
}

async function tryOne(options: DecodeOptions): Promise<Trial> {
  const { model, temperature = 0 } = options
  model.rewind(0)
  const [generateMs, generation] = await timed(() => generate(options))
  const written = await receipt({ options, generation, model: { name: 'bench', hashes: {} } })
  const [verifyMs, { verdict }] = await timed(() => verifyReceipt(written, { model, hashes: {} }))
  const missed = await missedChanges(model, written)
  return { temperature, isDrafted: options.drafter !== undefined, generateMs, verifyMs, verdict, missed }
}

/** Changes one thing at a time; what is changed is told by its place where the place is known beforehand. */
async function missedChanges(model: Model, written: Receipt): Promise<string[]> {
  const { tokens } = written.output
  const { options, prompt } = written
  const other = (token: number): number => (token + 1) % model.vocabularySize
  const missed: string[] = []
  for (const [name, index] of Object.entries({ first: 0, middle: tokens.length >> 1, last: tokens.length - 1 })) {
    const changed = tokens.with(index, other(tokens[index]!))
    const forged = { ...written, output: { ...written.output, tokens: changed } }
    const { refusal } = await verifyReceipt(forged, { model, hashes: {} })
    if (refusal?.place !== 'token' || refusal.index !== index) missed.push(`${name} token`)
  }
  const changes: Record<string, Receipt> = {
    seed: { ...written, options: { ...options, seed: options.seed + 1 } },
    temperature: { ...written, options: { ...options, temperature: options.temperature + 0.5 } },
    prompt: { ...written, prompt: prompt.with(-1, other(prompt.at(-1)!)) },
  }
  for (const [name, forged] of Object.entries(changes)) {
    const { verdict } = await verifyReceipt(forged, { model, hashes: {} })
    if (verdict !== 'refused') missed.push(name)
  }
  return missed
}

async function timed<T>(run: () => Promise<T>): Promise<[number, T]> {
  const started = performance.now()
  const result = await run()
  return [performance.now() - started, result]
}

interface Line extends Omit<Trial, 'verdict' | 'missed'> {
  readonly count: number
  /** Median of verify time over generate time. */
  readonly share: number
}

function linesOf(trials: readonly Trial[]): Line[] {
  const kinds = [0, 1].flatMap((temperature) => [false, true].map((isDrafted) => ({ temperature, isDrafted })))
  return kinds.map(({ temperature, isDrafted }) => {
    const mine = trials.filter((trial) => trial.temperature === temperature && trial.isDrafted === isDrafted)
    return {
      temperature,
      isDrafted,
      count: mine.length,
      generateMs: median(mine.map(({ generateMs }) => generateMs)),
      verifyMs: median(mine.map(({ verifyMs }) => verifyMs)),
      share: median(mine.map(({ generateMs, verifyMs }) => verifyMs / generateMs)),
    }
  })
}

function textOf(lines: readonly Line[]): string {
  const columns = [
    { title: 'generation' },
    { title: 'temperature', digits: 0 },
    { title: 'receipts', digits: 0 },
    { title: 'generate ms', digits: 0 },
    { title: 'verify ms', digits: 0 },
    { title: 'share', digits: 3 },
  ]
  const rows = lines.map((line) => [
    line.isDrafted ? 'prompt-lookup' : 'plain',
    line.temperature,
    line.count,
    line.generateMs,
    line.verifyMs,
    line.share,
  ])
  return table(columns, rows)
}
