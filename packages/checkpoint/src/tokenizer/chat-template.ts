import { ForetokenError } from '@foretoken/core'
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja'
import { type Evaluator, guarded, type TemplateLimits } from './template-guard.ts'

export interface ChatMessage {
  /** `system`, `user`, `assistant`; templates may know others. */
  readonly role: string
  readonly content: string
}

export interface ChatTemplateOptions {
  /** End with the beginning of the assistant's answer. Default: true. */
  readonly addGenerationPrompt?: boolean
  /** Further variables that the template knows (`enable_thinking`, `tools`, …). */
  readonly variables?: Readonly<Record<string, unknown>>
}

/** Far beyond what long conversations need: a thousand messages take some hundred thousand steps, a second gives a million. */
const LIMITS: TemplateLimits = { steps: 1_000_000, text: 2 ** 24, items: 2 ** 17 }

/**
 * Renders a Jinja chat template as Hugging Face transformers does. A template is a program from the internet: it is
 * stopped when it runs, grows or recurses beyond what a conversation needs. Throws `BAD_TEMPLATE`, `BAD_OPTION`.
 */
export function renderChatTemplate(
  template: string | undefined,
  messages: readonly ChatMessage[],
  options: ChatTemplateOptions,
  tokens: { readonly bos: string; readonly eos: string },
): string {
  if (template === undefined) {
    throw badTemplate('The model has no chat template.', 'Give the prompt as plain text, or use a chat model.')
  }
  checkMessages(messages)
  if (template.length > LIMITS.text) throw badTemplate(`The chat template is ${template.length} characters long.`)
  try {
    const environment = new Environment()
    const variables = {
      ...GLOBALS,
      bos_token: tokens.bos,
      eos_token: tokens.eos,
      ...options.variables,
      messages,
      add_generation_prompt: options.addGenerationPrompt ?? true,
    }
    for (const [name, value] of Object.entries(variables)) environment.set(name, value)
    const program = parse(tokenize(template, { lstrip_blocks: true, trim_blocks: true }))
    const text = guarded(new Interpreter(environment) as Evaluator, LIMITS, badTemplate).run(program).value
    if (typeof text === 'string') return text
  } catch (error) {
    if (ForetokenError.is(error)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw badTemplate(`The chat template failed: ${reason}.`, undefined, error)
  }
  throw badTemplate('The chat template gave no text.')
}

const GLOBALS: Readonly<Record<string, unknown>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  raise_exception(message: unknown): never {
    throw badTemplate(
      `The chat template refuses the conversation: ${String(message)}`,
      'Give a conversation that it takes.',
    )
  },
  range(start: number, stop?: number, step = 1): number[] {
    const [from, to] = stop === undefined ? [0, start] : [start, stop]
    const length = Math.max(0, Math.ceil((to - from) / step))
    if (!(length <= LIMITS.items)) throw badTemplate(`The chat template asks for a range of ${length} numbers.`)
    return Array.from({ length }, (_, i) => from + i * step)
  },
}

function checkMessages(messages: readonly ChatMessage[]): void {
  const sound =
    Array.isArray(messages) &&
    messages.every((message) => typeof message?.role === 'string' && typeof message.content === 'string')
  if (sound) return
  throw new ForetokenError('BAD_OPTION', 'The messages are not a list of { role, content }.', {
    fix: 'Give a list of objects whose role and content are strings.',
  })
}

function badTemplate(
  message: string,
  fix = 'Give the prompt as plain text, or another template.',
  cause?: unknown,
): ForetokenError {
  return new ForetokenError('BAD_TEMPLATE', message, { fix, ...(cause === undefined ? {} : { cause }) })
}
