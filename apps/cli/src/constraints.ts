import { readFile } from 'node:fs/promises'
import type { Tokenizer } from '@foretoken/checkpoint'
import { type Constraint, constrain, constrained, type Grammar, vocabulary } from '@foretoken/constraint'
import { choice } from '@foretoken/constraint-choice'
import { gbnf, lark } from '@foretoken/constraint-grammar'
import { jsonSchema, type Schema } from '@foretoken/constraint-json-schema'
import { regex } from '@foretoken/constraint-regex'
import { type LanguageName, rulesOf, type SecureCodeOptions, secureCode } from '@foretoken/constraint-secure-code'
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
  /** Language of code that keeps to rules. */
  readonly secure?: string
  /** Path of further rules, a JSON list. */
  readonly secureRules?: string
}

export function addConstraintOptions(command: Command): Command {
  return command
    .option('--schema <file>', 'write JSON that fits this JSON Schema')
    .option('--regex <pattern>', 'write text that this regular expression matches as a whole')
    .option('--grammar <file>', 'write text of this grammar, in GBNF or Lark’s notation')
    .option('--choice <texts>', 'write one of these texts, separated by commas')
    .option(
      '--secure <language>',
      'write code without known weaknesses: solidity, javascript, or plain with your own rules',
    )
    .option('--secure-rules <file>', 'rules beside those of --secure, as a JSON list')
}

/** What text is held to, as plain data: receipts keep it. */
export type ConstraintSource =
  | { readonly schema: Schema }
  | { readonly regex: string }
  | { readonly gbnf: string }
  | { readonly lark: string }
  | { readonly choice: readonly string[] }
  | { readonly code: SecureCodeOptions }

/**
 * What the options ask for, if anything.
 * @throws BAD_OPTION for more than one, or a file that is none; NOT_FOUND.
 */
export async function readConstraint(options: ConstraintOptions): Promise<ConstraintSource | undefined> {
  const given = (['schema', 'regex', 'grammar', 'choice', 'secure'] as const).filter(
    (name) => options[name] !== undefined,
  )
  if (given.length > 1) throw badOption('run', `--${given[1]}`, `stands beside --${given[0]}`, 'one of them')
  if (options.regex !== undefined) return { regex: options.regex }
  if (options.choice !== undefined) return { choice: options.choice.split(',').map((text) => text.trim()) }
  if (options.schema !== undefined) {
    return { schema: parsed(options.schema, await readText(options.schema), 'a JSON Schema', '--schema') as Schema }
  }
  if (options.secureRules !== undefined && options.secure === undefined) {
    throw badOption('run', '--secure-rules', 'stands alone', '--secure with a language beside it')
  }
  if (options.secure !== undefined) return { code: await readCode(options.secure, options.secureRules) }
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

/** The rules of a language, and those of a file. */
async function readCode(name: string, file: string | undefined): Promise<SecureCodeOptions> {
  const language = name as LanguageName
  const known = rulesOf({ language })
  if (file === undefined) return { language, rules: known }
  const own = parsed(file, await readText(file), 'a list of rules', '--secure-rules')
  if (!Array.isArray(own))
    throw badOption('run', '--secure-rules', `is ${file}, which holds no list`, 'a JSON list of rules')
  return { language, rules: rulesOf({ language, rules: [...known, ...own] }) }
}

/** Code that goes on behind a text: what is open there stays open. */
export function continuing(source: ConstraintSource, before: string | undefined): ConstraintSource {
  return 'code' in source && before !== undefined ? { code: { ...source.code, before } } : source
}

function parsed(file: string, text: string, expected: string, option: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ForetokenError('BAD_OPTION', `${file} is no JSON (${why}); ${expected} was expected.`, {
      fix: `Give a JSON file with ${option}.`,
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
  if ('code' in source) return secureCode(source.code)
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
