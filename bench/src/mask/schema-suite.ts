import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Constraint, constrain, vocabulary } from '@foretoken/constraint'
import { jsonSchema, type Schema } from '@foretoken/constraint-json-schema'
import type { CommonOptions, Findings } from '../report.ts'
import { table } from '../table.ts'
import { caseOf, type SchemaCase, textOf } from './cases.ts'
import { keptJson } from './kept-json.ts'

export interface SuiteOptions extends CommonOptions {
  readonly data: string
  readonly remotes?: string
  readonly draft: number
}

/** Verdicts on the tests of one file of the suite. */
interface Line {
  readonly file: string
  tests: number
  right: number
  falseAccepts: number
  falseRejects: number
  /** Tests whose schema was refused by name. */
  refused: number
}

interface Miss {
  readonly file: string
  readonly group: string
  readonly why: string
}

/** The official suite as an acceptor test: each byte a token. */
export async function schemaSuite(options: SuiteOptions): Promise<Findings> {
  const suite = keptJson(await textOf(options.data))
  const remotes = await remotesOf(options)
  const bytes = vocabulary({ vocabularySize: 257, tokenBytes: (id) => Uint8Array.of(id), stopTokens: [256] })
  const lines: Line[] = []
  const misses: Miss[] = []
  for (const [file, groups] of suite.members) {
    const line = { file, tests: 0, right: 0, falseAccepts: 0, falseRejects: 0, refused: 0 }
    lines.push(line)
    for (const group of groups.items) {
      const name = JSON.parse(group.members.get('description')?.text ?? '""') as string
      judge(caseOf(group, name), compile(group.members.get('schema')?.text ?? 'true', file), line, misses)
    }
  }
  function compile(schema: string, file: string): Constraint | string {
    try {
      const formats = file.startsWith('optional/format') ? 'assert' : 'annotate'
      return constrain(
        jsonSchema(JSON.parse(schema) as Schema, { order: 'free', formats, remotes, draft: options.draft }),
        bytes,
      )
    } catch (error) {
      return (error as Error).message
    }
  }
  const total = lines.reduce((sum, line) => added(sum, line), { ...EMPTY })
  const required = lines
    .filter(({ file }) => !file.startsWith('optional/'))
    .reduce((sum, line) => added(sum, line), { ...EMPTY })
  const brief = {
    tests: total.tests,
    testsRight: total.right / Math.max(1, total.tests),
    requiredTests: required.tests,
    requiredRight: required.right / Math.max(1, required.tests),
    falseAccepts: total.falseAccepts,
    falseRejects: total.falseRejects,
    refusedTests: total.refused,
  }
  return {
    settings: { data: options.data, draft: options.draft },
    results: { ...brief, lines, misses },
    brief: { ...brief, lines },
    text: textFor([...lines, { ...total, file: 'all' }]),
    holds: total.falseAccepts === 0,
  }
}

const EMPTY: Line = { file: '', tests: 0, right: 0, falseAccepts: 0, falseRejects: 0, refused: 0 }

function added(sum: Line, line: Line): Line {
  return {
    file: sum.file,
    tests: sum.tests + line.tests,
    right: sum.right + line.right,
    falseAccepts: sum.falseAccepts + line.falseAccepts,
    falseRejects: sum.falseRejects + line.falseRejects,
    refused: sum.refused + line.refused,
  }
}

const UNSATISFIABLE = 'no value satisfies it'

function judge(each: SchemaCase, compiled: Constraint | string, line: Line, misses: Miss[]): void {
  line.tests += each.tests.length
  const miss = (why: string): void => {
    misses.push({ file: line.file, group: each.name, why })
  }
  for (const { text, valid, description } of each.tests) {
    if (typeof compiled === 'string') {
      // A schema that nothing satisfies is refused when built: the right answer to every invalid instance.
      if (compiled.includes(UNSATISFIABLE) && !valid) line.right++
      else {
        line.refused++
        miss(compiled)
      }
      continue
    }
    const tokens = [...new TextEncoder().encode(text), 256]
    const isAccepted = decided(compiled, tokens)
    if (typeof isAccepted === 'string') {
      line.refused++
      miss(isAccepted)
      continue
    }
    if (isAccepted === valid) line.right++
    else {
      if (valid) line.falseRejects++
      else line.falseAccepts++
      miss(`${valid ? 'false reject' : 'FALSE ACCEPT'}: ${description}: ${text}`)
    }
  }
}

/** Whether a text is accepted, or why that could not be decided within the limits. */
function decided(constraint: Constraint, tokens: readonly number[]): boolean | string {
  try {
    return constraint.matcher().accepts(tokens) === tokens.length
  } catch (error) {
    return (error as Error).message
  }
}

async function remotesOf(options: SuiteOptions): Promise<Record<string, Schema>> {
  const file = options.remotes ?? join(dirname(options.data), 'remotes.json')
  const text = await readFile(file, 'utf8').catch(() => '{}')
  const documents = JSON.parse(text) as Record<string, Schema>
  return Object.fromEntries(
    Object.entries(documents).map(([path, schema]) => [
      path.startsWith('http') ? path : `http://localhost:1234/${path}`,
      schema,
    ]),
  )
}

function textFor(lines: readonly Line[]): string {
  const columns = ['file', 'tests', 'right', 'false accepts', 'false rejects', 'refused'].map((title) => ({
    title,
    digits: 0,
  }))
  const rows = lines.map((line) => [
    line.file,
    line.tests,
    line.right,
    line.falseAccepts,
    line.falseRejects,
    line.refused,
  ])
  return table(columns, rows)
}
