import { createInterface } from 'node:readline/promises'
import { ForetokenError } from '@foretoken/core'
import type { Command } from 'commander'
import { integer } from '../arguments.ts'
import { addCompositionOptions, type CompositionOptions, loadComposition } from '../composition.ts'
import { Conversation } from '../conversation.ts'
import { addSamplingOptions, type SamplingOptions } from '../sampling.ts'
import { colors, note } from '../terminal.ts'

interface ChatOptions extends CompositionOptions, SamplingOptions {
  readonly system?: string
  readonly maxTokens: number
}

const help = '/reset starts a new talk · /exit leaves · Ctrl-C stops an answer'

export function addChat(program: Command): void {
  const command = program.command('chat').description('talk with a model; the cache is kept between turns')
  addSamplingOptions(addCompositionOptions(command, 'smollm2-135m'))
    .option('--system <text>', 'system message')
    .option('--max-tokens <n>', 'most tokens of one answer', integer({ minimum: 1 }), 512)
    .option('--threads <n>', 'threads of the runtime', integer({ minimum: 1 }))
    .option('--offline', 'never touch the network')
    .action((options: ChatOptions) =>
      chat({ ...options, model: options.model === 'stories' ? 'smollm2-135m' : options.model }),
    )
}

async function chat(options: ChatOptions): Promise<void> {
  const composition = await loadComposition(options)
  try {
    const conversation = new Conversation(composition, options)
    note(colors.dim(`${options.model} · ${composition.drafterName} · ${help}`))
    await talk(conversation)
  } finally {
    await composition.dispose()
  }
}

async function talk(conversation: Conversation): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr, prompt: '› ' })
  let answer: AbortController | undefined
  terminal.on('SIGINT', () => {
    if (answer === undefined) terminal.close()
    else answer.abort()
  })
  terminal.prompt()
  for await (const line of terminal) {
    const text = line.trim()
    if (text === '/exit') break
    if (text === '/reset') conversation.reset()
    else if (text.startsWith('/')) note(help)
    else if (text !== '') {
      answer = new AbortController()
      await reply(conversation, text, answer.signal)
      answer = undefined
    }
    terminal.prompt()
  }
  terminal.close()
}

async function reply(conversation: Conversation, text: string, signal: AbortSignal): Promise<void> {
  try {
    const summary = await conversation.say(text, (piece) => process.stdout.write(piece), signal)
    process.stdout.write('\n')
    note(colors.dim(summary))
  } catch (error) {
    process.stdout.write('\n')
    if (!ForetokenError.is(error)) throw error
    note(error.code === 'ABORTED' ? colors.dim('stopped') : colors.red(error.message))
  }
}
