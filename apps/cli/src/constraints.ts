import { readFile } from 'node:fs/promises'
import type { Tokenizer } from '@foretoken/checkpoint'
import { type Constraint, constrain, constrained, type Grammar, vocabulary } from '@foretoken/constraint'
import { choice } from '@foretoken/constraint-choice'
import { gbnf, lark } from '@foretoken/constraint-grammar'
import { jsonSchema, type Schema } from '@foretoken/constraint-json-schema'
import { regex } from '@foretoken/constraint-regex'
import { badOption, ForetokenError, type LogitsProcessor } from '@foretoken/core'
import type { Json, ProcessorRecord } from '@foretoken/receipt'
import type { Command } from 'commander'

export interface ConstraintOptions {
  /** Path of a JSON Schema. */
  readonly schema?: string
  readonly regex?: string
  /** Path of a grammar in GBNF or Lark's notation. */
  readonly grammar?: string
  /** Texts, by commas. */
  readonly choice?: string
}

export function addConstraintOptions(command: Command): Command {
  return command
    .option('--schema <file>', 'write JSON that fits this JSON Schema')
    .option('--regex <pattern>', 'write text that this regular expression matches as a whole')
    .option('--grammar <file>', 'write text of this grammar, in GBNF or Lark’s notation')
    .option('--choice <texts>', 'write one of these texts, separated by commas')
}

/** What text is held to, as plain data: receipts keep it. */
export type ConstraintSource =
  | { readonly schema: Schema }
  | { readonly regex: string }
  | { readonly gbnf: string }
  | { readonly lark: string }
  | { readonly choice: readonly string[] }

/**
 * What the options ask for, if anything.
 * @throws BAD_OPTION for more than one, or a file that is none; NOT_FOUND.
 */
export async function readConstraint(options: ConstraintOptions): Promise<ConstraintSource | undefined> {
  const given = (['schema', 'regex', 'grammar', 'choice'] as const).filter((name) => options[name] !== undefined)
  if (given.length > 1) throw badOption('run', `--${given[1]}`, `stands beside --${given[0]}`, 'one of them')
  if (options.regex !== undefined) return { regex: options.regex }
  if (options.choice !== undefined) return { choice: options.choice.split(',').map((text) => text.trim()) }
  if (options.schema !== undefined) return { schema: parsed(options.schema, await readText(options.schema)) }
  if (options.grammar === undefined) return undefined
  const source = await readText(options.grammar)
  return isGbnf(options.grammar, source) ? { gbnf: source } : { lark: source }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ForetokenError('NOT_FOUND', `${file} cannot be read: ${why}.`, { fix: 'Check the path.', cause })
  }
}

function parsed(file: string, text: string): Schema {
  try {
    return JSON.parse(text) as Schema
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ForetokenError('BAD_OPTION', `${file} is no JSON (${why}); a JSON Schema was expected.`, {
      fix: 'Give a JSON file with --schema.',
      cause,
    })
  }
}

/** By the file's name, else by how rules are written. */
const isGbnf = (file: string, source: string): boolean =>
  /\.gbnf$/i.test(file) || (!/\.lark$/i.test(file) && source.includes('::='))

function grammarOf(source: ConstraintSource): Grammar {
  if ('schema' in source) return jsonSchema(source.schema, { whitespace: 'single' })
  if ('regex' in source) return regex(source.regex)
  if ('choice' in source) return choice(source.choice)
  return 'gbnf' in source ? gbnf(source.gbnf) : lark(source.lark)
}

/** @throws What the grammar throws: UNSUPPORTED names what cannot be enforced. */
export function constraintOf(source: ConstraintSource, tokenizer: Tokenizer): Constraint {
  return constrain(grammarOf(source), vocabulary(tokenizer))
}

/** The record of a constraint among the processors of a receipt. */
export function constraintRecord(source: ConstraintSource, countFrom: number): ProcessorRecord {
  return { name: 'constraint', options: { ...source, countFrom } as unknown as Json }
}

/** Makes the processor again from its record. */
export function rebuildConstraint({ options }: ProcessorRecord, tokenizer: Tokenizer): LogitsProcessor {
  const { countFrom, ...source } = options as unknown as ConstraintSource & { readonly countFrom: number }
  return constrained(constraintOf(source as ConstraintSource, tokenizer), { countFrom })
}

/** Whether tokens are a whole text of the constraint: ended, or with nothing that could follow. */
export function isWhole(constraint: Constraint, tokenIds: Int32Array): boolean {
  const matcher = constraint.matcher()
  for (const token of tokenIds) {
    if (!matcher.isAllowed(token)) return false
    matcher.advance(token)
  }
  return matcher.isFinished || matcher.mustEnd
}
