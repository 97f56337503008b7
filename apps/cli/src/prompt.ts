import { text } from 'node:stream/consumers'
import { ForetokenError } from '@foretoken/core'

/** The prompt from the arguments, else from a pipe; undefined when neither is there. */
export async function readPrompt(words: readonly string[]): Promise<string | undefined> {
  if (words.length > 0) return checked(words.join(' '))
  if (process.stdin.isTTY) return undefined
  const piped = await text(process.stdin)
  return piped === '' ? undefined : checked(piped)
}

function checked(prompt: string): string {
  if (prompt.trim() !== '') return prompt
  throw new ForetokenError('EMPTY_PROMPT', 'The prompt is empty.', { fix: 'Give at least one word.' })
}
