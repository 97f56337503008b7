import { speculative } from '@foretoken/controller'
import { badOption, decode, type Fate, type Generation, generate, type Run, type Summary } from '@foretoken/core'
import { examplePrompt } from '@foretoken/model-stories'
import type { Command } from 'commander'
import { collect, integer } from '../arguments.ts'
import { addCompositionOptions, type Composition, type CompositionOptions, loadComposition } from '../composition.ts'
import {
  addConstraintOptions,
  type ConstraintOptions,
  type ConstraintSource,
  constraintRecord,
  isWhole,
  readConstraint,
} from '../constraints.ts'
import { type DecodeSettings, decodeOptions } from '../decode-options.ts'
import { explanation, printExplanation, type Told } from '../explain.ts'
import { readPrompt } from '../prompt.ts'
import { writeReceipt } from '../receipts.ts'
import { addSamplingOptions, sampling } from '../sampling.ts'
import { type Comparison, failuresOf, printSummary } from '../summary.ts'
import { fateColor, legend, note } from '../terminal.ts'
import { checkWritable } from '../whole-file.ts'

export interface RunOptions extends Omit<CompositionOptions, 'constraint'>, DecodeSettings, ConstraintOptions {
  readonly raw?: boolean
  readonly system?: string
  readonly compare?: boolean
  readonly explain?: boolean
  readonly json?: boolean
}

/** The story shows a draft at work whatever it wins on this machine; `auto` would look at the clock first. */
const DEMO = { drafter: 'draft-model', draftTokens: 4 } as const

export function addRun(program: Command): void {
  const command = program
    .command('run', { isDefault: true })
    .description('write text; without a prompt the embedded model writes a short story')
    .argument('[prompt...]', 'what to continue or answer; read from standard input when it is piped')
  addConstraintOptions(addSamplingOptions(addCompositionOptions(command)))
    .option('--max-tokens <n>', 'most tokens to write', integer({ minimum: 1 }), 256)
    .option('--stop <text>', 'end before this text; may be repeated', collect)
    .option('--system <text>', 'system message, for models with a chat template')
    .option('--raw', 'give the prompt to the model as it is, without its chat template')
    .option('--compare', 'decode plainly as well and compare speed and tokens')
    .option(
      '--explain',
      'show round by round what was drafted, accepted, and why auto chose it; what a grammar refused, and why',
    )
    .option('--receipt <file>', 'record the run, for `foretoken verify`')
    .option('--threads <n>', 'threads of the runtime', integer({ minimum: 1 }))
    .option('--offline', 'never touch the network')
    .option('--json', 'print exactly one JSON object')
    .action(run)
}

async function run(words: readonly string[], options: RunOptions): Promise<void> {
  const source = await readConstraint(options)
  checkExplain(options, source)
  if (options.receipt !== undefined) await checkWritable(options.receipt)
  const given = await readPrompt(words)
  const isDemo = given === undefined && options.model === 'stories' && !options.explain && !source
  const explained = explanation()
  if (isDemo) options = { ...DEMO, ...options }
  const text = given ?? examplePrompt
  const composition = await loadComposition({
    ...options,
    ...(options.explain && explained.listeners),
    ...(source && { constraint: source, continues: text }),
  })
  try {
    const prompt = encodePrompt(composition, text, options)
    const interrupt = new AbortController()
    process.once('SIGINT', () => interrupt.abort())
    const wantsComparison = options.compare === true || (isDemo && options.json !== true)
    if (wantsComparison) await warmUp(composition, prompt, options)
    explained.clear()
    const speculative = await write(composition, prompt, options, interrupt.signal)
    if (options.receipt !== undefined) await record({ composition, prompt, options }, speculative)
    const told = explained.told(speculative.tokenIds)
    const comparison = wantsComparison
      ? await compare(composition, prompt, options, speculative, interrupt.signal)
      : undefined
    if (options.explain && !options.json) printExplanation(composition, told)
    if (options.json) printJson(composition, speculative, comparison, options.explain ? told : undefined)
    else printSummary(composition, speculative, comparison)
    if (options.receipt !== undefined) note(`  ${'receipt'.padEnd(26)}${options.receipt}`)
  } finally {
    await composition.dispose()
  }
}

/** Rounds are those of `auto`; otherwise there is what a grammar refuses. */
function checkExplain({ explain, drafter = 'auto' }: RunOptions, source: ConstraintSource | undefined): void {
  if (!explain || drafter === 'auto' || source) return
  throw badOption('run', '--explain', `stands beside --drafter ${drafter}`, '--drafter auto, or a grammar')
}

interface Recorded {
  readonly composition: Composition
  readonly prompt: Int32Array
  readonly options: RunOptions
}

function record({ composition, prompt, options }: Recorded, generation: Generation): Promise<void> {
  const { source } = composition
  const { records } = sampling(options, prompt.length)
  return writeReceipt(options.receipt!, {
    loaded: composition,
    options: decodeOptions({ ...composition, watch: undefined }, options, prompt),
    generation,
    processors: source ? [constraintRecord(source, prompt.length), ...records] : records,
    name: options.model,
    threads: options.threads,
  })
}

function encodePrompt(composition: Composition, text: string, options: RunOptions): Int32Array {
  const { tokenizer, prepared } = composition
  if (options.raw || prepared.info.chatTemplate === undefined) return tokenizer.encode(text, { begin: true })
  const system = options.system === undefined ? [] : [{ role: 'system' as const, content: options.system }]
  const messages = [...system, { role: 'user' as const, content: text }]
  return tokenizer.encode(tokenizer.applyChatTemplate(messages, { addGenerationPrompt: true }), { special: true })
}

const PLAIN = { drafter: undefined, verifier: undefined } as const

/** Milliseconds of decoding each way before a comparison, and tokens at most. */
const WARM_UP = { milliseconds: 400, tokens: 1024 } as const

/**
 * The first passes of a session pay for its buffers, and for code that the engine has yet to compile; both sides of a comparison
 * should find them warm. The drafter itself sees a few tokens only, and another one the rest, or it would know the text.
 */
async function warmUp(
  composition: Composition,
  prompt: Int32Array,
  { maxTokens, ...asked }: RunOptions,
): Promise<void> {
  const settings: DecodeSettings = { temperature: 0, seed: 0, maxTokens: WARM_UP.tokens }
  const { model } = composition
  const free = { ...composition, constraint: undefined }
  // Masks are computed once for both sides: of the text that plain decoding writes, which is the other's too as a rule.
  if (composition.constraint) {
    const most = Math.min(maxTokens, WARM_UP.tokens)
    await generate(decodeOptions({ ...composition, ...PLAIN }, { ...asked, maxTokens: most }, prompt))
    model.rewind(0)
  }
  await generate({ ...decodeOptions(composition, settings, prompt), maxTokens: 4 })
  const rehearsal = speculative()
  for (const parts of [PLAIN, rehearsal]) {
    model.rewind(0)
    const started = performance.now()
    const options = decodeOptions({ ...free, ...parts }, settings, prompt)
    for await (const _ of decode({ ...options, stopTokens: new Int32Array(0) })) {
      if (performance.now() - started > WARM_UP.milliseconds) break
    }
  }
  model.rewind(0)
  await rehearsal.drafter.dispose()
}

/** Decodes and streams to stdout, each token coloured by how it came to be. */
async function write(
  composition: Composition,
  prompt: Int32Array,
  options: RunOptions,
  signal: AbortSignal,
): Promise<Generation> {
  const tokenIds: number[] = []
  const fates: Fate[] = []
  let text = ''
  const show = (run: Run): void => {
    tokenIds.push(...run.tokenIds)
    fates.push(...run.fates)
    text += run.text
    if (!options.json)
      process.stdout.write(run.pieces.map((piece, i) => fateColor(piece, run.fates[i] ?? 'plain')).join(''))
  }
  if (!options.json) {
    if (process.stdout.isTTY && composition.drafter !== undefined) note(`${legend()}\n`)
    if (composition.prepared.info.chatTemplate === undefined || options.raw) {
      process.stdout.write(composition.tokenizer.decode(prompt))
    }
  }
  const summary = await drain(decode({ ...decodeOptions(composition, options, prompt), signal }), show)
  if (!options.json) process.stdout.write('\n')
  return { tokenIds: Int32Array.from(tokenIds), text, fates, ...summary }
}

async function drain(runs: AsyncGenerator<Run, Summary>, show: (run: Run) => void): Promise<Summary> {
  for (;;) {
    const next = await runs.next()
    if (next.done) return next.value
    show(next.value)
  }
}

async function compare(
  composition: Composition,
  prompt: Int32Array,
  options: RunOptions,
  speculative: Generation,
  signal: AbortSignal,
): Promise<Comparison> {
  composition.model.rewind(0)
  const plain = await generate({
    ...decodeOptions({ ...composition, ...PLAIN }, options, prompt),
    signal,
  })
  const isIdentical =
    plain.tokenIds.length === speculative.tokenIds.length &&
    plain.tokenIds.every((token, i) => token === speculative.tokenIds[i])
  const mustBeIdentical = options.temperature === 0 || composition.verifier?.manifest.name === 'exact-match'
  return { plain, isIdentical, mustBeIdentical }
}

function printJson(
  composition: Composition,
  generation: Generation,
  comparison: Comparison | undefined,
  told: Told | undefined,
): void {
  const { where, constraint } = composition
  const { text, tokenIds, finishReason, guarantee, stats } = generation
  const failures = failuresOf(composition, stats)
  const plain = comparison && {
    compare: {
      plainTokensPerSecond: comparison.plain.stats.tokensPerSecond,
      speedup: stats.tokensPerSecond / comparison.plain.stats.tokensPerSecond,
      identical: comparison.isIdentical,
    },
  }
  const object = {
    text,
    tokenIds: [...tokenIds],
    finishReason,
    ...(constraint && { constraint: constraint.name, isComplete: isWhole(constraint, tokenIds) }),
    guarantee,
    stats,
    ...(failures.length > 0 && { draftingFailures: failures }),
    where,
    ...plain,
    ...(told && composition.controller && { explain: told.rounds }),
    ...(told && constraint && { refusals: told.refusals }),
  }
  process.stdout.write(`${JSON.stringify(object)}\n`)
}
