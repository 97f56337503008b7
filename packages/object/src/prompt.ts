import type { TokenSource } from '@foretoken/constraint'
import { badOption, ForetokenError } from '@foretoken/core'

export interface Message {
  /** `system`, `user`, `assistant`; templates may know others. */
  readonly role: string
  readonly content: string
}

/** What must be known of a tokenizer; those of `@foretoken/checkpoint` fit. */
export interface ObjectTokenizer extends TokenSource {
  encode(
    text: string,
    options?: { readonly special?: boolean | undefined; readonly begin?: boolean | undefined },
  ): Int32Array
  readonly hasChatTemplate: boolean
  applyChatTemplate(
    messages: readonly Message[],
    options?: { readonly addGenerationPrompt?: boolean; readonly variables?: Readonly<Record<string, unknown>> },
  ): string
}

/** Exactly one of `prompt` and `messages`. */
export interface PromptOptions {
  /** What the user says, put through the model's chat template where it has one. */
  readonly prompt?: string | undefined
  /** A conversation, for models with a chat template. */
  readonly messages?: readonly Message[] | undefined
  /** System message before `prompt` or `messages`. */
  readonly system?: string | undefined
  /** Give `prompt` to the model as it is, without its chat template. Default false. */
  readonly raw?: boolean | undefined
}

/** Further variables for the chat template. */
type Variables = Readonly<Record<string, unknown>>

/**
 * The conversation that is asked for; undefined where the prompt is to be continued as it is.
 * @throws BAD_OPTION
 */
export function conversation(tokenizer: ObjectTokenizer, options: PromptOptions): readonly Message[] | undefined {
  const { prompt, messages, system, raw = false } = options
  if ((prompt === undefined) === (messages === undefined)) {
    throw badOption('object', 'prompt', `${prompt === undefined ? 'and' : 'beside'} "messages"`, 'exactly one of them')
  }
  if (prompt !== undefined && typeof prompt !== 'string') throw badOption('object', 'prompt', 'is no text', 'a text')
  if (prompt !== undefined && (raw || !tokenizer.hasChatTemplate)) {
    if (system === undefined) return undefined
    throw badOption('object', 'system', 'has no chat template to stand in', 'a prompt that says it')
  }
  if (raw) throw badOption('object', 'raw', 'stands beside "messages"', '"prompt"')
  const first = system === undefined ? [] : [{ role: 'system', content: system }]
  return [...first, ...(messages ?? [{ role: 'user', content: prompt! }])]
}

/** Token ids of a conversation, or of a text that is continued. */
export function encoded(
  tokenizer: ObjectTokenizer,
  messages: readonly Message[] | undefined,
  { prompt }: PromptOptions,
  variables?: Variables,
): Int32Array {
  if (messages === undefined) return tokenizer.encode(prompt!, { begin: true })
  if (!tokenizer.hasChatTemplate) {
    throw new ForetokenError('BAD_TEMPLATE', 'The model has no chat template for messages.', {
      fix: 'Give `prompt`, or use a model that was tuned to talk.',
    })
  }
  const text = tokenizer.applyChatTemplate(messages, {
    addGenerationPrompt: true,
    ...(variables !== undefined && { variables }),
  })
  return tokenizer.encode(text, { special: true })
}
