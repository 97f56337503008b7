import type { Tool, ToolCallFormat } from '@foretoken/constraint-tools'
import { encoded, type Message, type ObjectTokenizer, type PromptOptions } from './prompt.ts'

/** Token ids of a conversation with tools, and how the model was told to write calls. */
export interface ToldTools {
  readonly prompt: Int32Array
  readonly format: ToolCallFormat
}

/**
 * Tells a model of tools by its chat template. A template that does not know tools says nothing of them; then the system message
 * does.
 */
export function promptWithTools(
  tokenizer: ObjectTokenizer,
  messages: readonly Message[],
  tools: readonly Tool[],
  options: PromptOptions & { readonly format?: ToolCallFormat | undefined; readonly parallel?: boolean | undefined },
): ToldTools {
  const variables = { tools }
  if (tokenizer.hasChatTemplate) {
    const silent = tokenizer.applyChatTemplate(messages)
    const told = tokenizer.applyChatTemplate(messages, { variables })
    if (told !== silent) {
      const isHermes = told.includes('<tool_call>') && !silent.includes('<tool_call>')
      return { prompt: encoded(tokenizer, messages, options, variables), format: isHermes ? 'hermes' : 'json' }
    }
  }
  const { format = 'json', parallel = false } = options
  const [first, ...others] = messages
  const said = `You may call these functions:\n${tools.map((tool) => JSON.stringify(tool.function)).join('\n')}\n${howTo(format, parallel)}`
  const all =
    first?.role === 'system'
      ? [{ ...first, content: `${first.content}\n\n${said}` }, ...others]
      : [{ role: 'system', content: said }, ...messages]
  return { prompt: encoded(tokenizer, all, options), format }
}

function howTo(format: ToolCallFormat, parallel: boolean): string {
  const call = '{"name": <function>, "arguments": <object>}'
  if (format === 'hermes') return `To call ${one(parallel)}, answer <tool_call>\n${call}\n</tool_call>`
  return `To call ${one(parallel)}, answer ${parallel ? `[${call}, …]` : call}`
}

const one = (parallel: boolean): string => (parallel ? 'some' : 'one')
