import { type Refusal, type Verification, verifyReceipt } from '@foretoken/receipt'
import type { Command } from 'commander'
import { integer } from '../arguments.ts'
import { type Loaded, type LoadOptions, load } from '../load.ts'
import { hashesOf, readReceipt } from '../receipts.ts'
import { rebuildWith } from '../sampling.ts'
import { colors, note, outColors } from '../terminal.ts'

interface VerifyOptions extends LoadOptions {
  readonly model?: string
  readonly json?: boolean
}

export function addVerify(program: Command): void {
  program
    .command('verify')
    .argument('<receipt>', 'file that `foretoken run --receipt` wrote')
    .description('check every token of a receipt; ends with 0 when all follow, 1 when refused, 2 when undecided')
    .option('--model <id|file>', 'where the model is (default: the name in the receipt)')
    .option('--threads <n>', 'threads of the runtime', integer({ minimum: 1 }))
    .option('--offline', 'never touch the network')
    .option('--json', 'print exactly one JSON object')
    .action(verify)
}

const EXIT = { follows: 0, refused: 1, undecided: 2 } as const

async function verify(file: string, options: VerifyOptions): Promise<void> {
  const written = await readReceipt(file)
  const loaded = await load(options.model ?? written.model.name, options)
  try {
    const { model, tokenizer } = loaded
    const hashes = await hashesOf(loaded)
    const tokenBytes = (token: number): Uint8Array => tokenizer.tokenBytes(token)
    const started = performance.now()
    const verification = await verifyReceipt(written, { model, hashes, rebuild: rebuildWith(tokenizer), tokenBytes })
    const milliseconds = performance.now() - started
    const { tokens } = written.output
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ ...verification, tokens: tokens.length, milliseconds })}\n`)
    } else print(loaded, tokens, verification, milliseconds)
    process.exitCode = EXIT[verification.verdict]
  } finally {
    await loaded.dispose()
  }
}

/** The text as far as it follows, and the verdict. */
function print(loaded: Loaded, tokens: readonly number[], verification: Verification, milliseconds: number): void {
  const { verdict, followed, hasSameBits, refusal } = verification
  const text = (ids: readonly number[]): string => loaded.tokenizer.decode(Int32Array.from(ids))
  const known = tokens.findIndex((token) => token >= loaded.model.vocabularySize)
  const whole = known < 0 ? tokens : tokens.slice(0, known)
  process.stdout.write(
    `${outColors.green(text(whole.slice(0, followed)))}${outColors.red(text(whole.slice(followed)))}\n`,
  )
  note()
  const shown = { follows: colors.green, refused: colors.red, undecided: colors.yellow }[verdict](verdict)
  note(`  ${colors.dim('verdict'.padEnd(14))}${shown}${refusal ? `: ${why(refusal, loaded)}` : ''}`)
  note(
    `  ${colors.dim('tokens'.padEnd(14))}${followed} of ${tokens.length} follow, checked in ${milliseconds.toFixed(0)} ms`,
  )
  note(
    `  ${colors.dim('fingerprint'.padEnd(14))}${hasSameBits ? 'same bits as recorded' : 'this machine or runtime computes other bits'}`,
  )
}

function why(refusal: Refusal, { tokenizer, model }: Loaded): string {
  const shown = (token: number): string =>
    token < model.vocabularySize ? `${token} ${JSON.stringify(tokenizer.decode(Int32Array.of(token)))}` : String(token)
  switch (refusal.place) {
    case 'model':
      return `the hash "${refusal.name}" is ${refusal.found ?? 'unknown here'}; the receipt says ${refusal.expected ?? 'nothing'}`
    case 'token':
      return `token ${refusal.index} is ${shown(refusal.found)}; ${shown(refusal.expected)} follows`
    case 'finish':
      return `after ${refusal.index} tokens the output ${ending(refusal.found)}; by its options it ${ending(refusal.expected)}`
    case 'digest':
      return 'the file was changed, though every token follows'
  }
}

const ending = (reason: 'stop' | 'length' | undefined): string =>
  reason === undefined ? 'goes on' : `ends (${reason})`
