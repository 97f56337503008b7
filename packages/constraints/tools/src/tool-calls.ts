import {
  ALL_CODE_POINTS,
  type Grammar,
  type GrammarSymbol,
  type Regex,
  type Regexes,
  type Rule,
  rule,
  terminal,
  utf8Spelling,
} from '@foretoken/constraint'
import { type JsonSchemaOptions, jsonSchema, type Schema } from '@foretoken/constraint-json-schema'
import { checkKeys, ForetokenError } from '@foretoken/core'
import { HERMES } from './markers.ts'
import { callable, type Tool, type ToolCallLayout, type ToolChoice } from './tools.ts'

export interface ToolCallsOptions extends ToolCallLayout {
  /**
   * Whether and what to call. With 'auto' an answer may be text, and calls may follow it; otherwise it is calls and nothing
   * else. Default 'auto'.
   */
  readonly choice?: ToolChoice | undefined
  /** How arguments are laid out and what is enforced, as in `jsonSchema`. */
  readonly schemaOptions?: JsonSchemaOptions | undefined
}

/**
 * Answers that call functions, with arguments that fit. Text before a call is free, but the beginning of a call in it is one.
 * @throws BAD_OPTION. When built, UNSUPPORTED for parameters that cannot be enforced, naming tool, keyword and path.
 * @example
 * const grammar = toolCalls([{ type: 'function', function: { name: 'now' } }], { format: 'hermes' })
 */
export function toolCalls(tools: readonly Tool[], options: ToolCallsOptions = {}): Grammar {
  checkKeys('tools', options, ['choice', 'format', 'parallel', 'schemaOptions'])
  const { choice = 'auto', format = 'json', parallel = false, schemaOptions = {} } = options
  const schemas = callable(tools, choice)
  const build = (regexes: Regexes): readonly GrammarSymbol[] => {
    const text = (words: string): GrammarSymbol => terminal(regexes.literal(words))
    const opening = terminal(openingOf(regexes))
    const named = [...schemas].map(([name, schema]) => [
      text(`${JSON.stringify(name)}, "arguments": `),
      ...argumentsOf(name, schema, schemaOptions, regexes),
      text('}'),
    ])
    const call = rule('call', () => named)
    const one = [opening, call]
    const calls = format === 'hermes' ? hermes(one, text, parallel) : json(one, text, parallel)
    if (choice !== 'auto') return calls
    return [terminal(freeText(regexes, format)), rule('calls', () => [[], calls])]
  }
  return { name: `calls of ${[...schemas.keys()].join(', ')}`, build }
}

type Text = (words: string) => GrammarSymbol

function hermes(call: readonly GrammarSymbol[], text: Text, parallel: boolean): readonly GrammarSymbol[] {
  const wrapped = [text(`${HERMES.open}\n`), ...call, text(`\n${HERMES.close}`)]
  const more: Rule = rule('more calls', () => [[], [text('\n'), ...wrapped, more]])
  return parallel ? [...wrapped, more] : wrapped
}

function json(call: readonly GrammarSymbol[], text: Text, parallel: boolean): readonly GrammarSymbol[] {
  const more: Rule = rule('more calls', () => [[text(']')], [text(', '), ...call, more]])
  return parallel ? [text('['), ...call, more] : call
}

/** `{"name": `, with blanks as models may write them. */
function openingOf(regexes: Regexes): Regex {
  const { concat, literal } = regexes
  const few = regexes.repeat(blank(regexes), 0, 4)
  return concat(literal('{'), few, literal('"name"'), few, literal(':'), few)
}

const blank = ({ bytes }: Regexes): Regex =>
  bytes([
    [9, 10],
    [13, 13],
    [32, 32],
  ])

/** Text without the beginning of a call. */
function freeText(regexes: Regexes, format: 'json' | 'hermes'): Regex {
  const { anything, concat, literal } = regexes
  const character = utf8Spelling(regexes)(ALL_CODE_POINTS)
  const blanks = regexes.repeat(blank(regexes), 0, Infinity)
  const call =
    format === 'hermes' ? literal(HERMES.open) : concat(literal('{'), blanks, literal('"name"'), blanks, literal(':'))
  return regexes.and([regexes.repeat(character, 0, Infinity), regexes.not(concat(anything, call, anything))])
}

function argumentsOf(
  name: string,
  schema: Schema,
  options: JsonSchemaOptions,
  regexes: Regexes,
): readonly GrammarSymbol[] {
  try {
    return jsonSchema(schema, options).build(regexes)
  } catch (error) {
    if (!ForetokenError.is(error)) throw error
    const { code, details, fix } = error
    throw new ForetokenError(code, `The parameters of ${name}: ${error.message.slice(0, -fix.length).trim()}`, {
      fix,
      details: { ...details, tool: name },
      cause: error,
    })
  }
}
