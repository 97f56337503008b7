import type { Tokenizer } from '@foretoken/checkpoint'
import { type Constraint, constrain, type Vocabulary, vocabulary } from '@foretoken/constraint'
import { jsonSchema } from '@foretoken/constraint-json-schema'
import { type ModelChoice, prepared } from '../model.ts'
import type { CommonOptions, Findings } from '../report.ts'
import { say } from '../report.ts'
import { quantile } from '../statistics.ts'
import { table } from '../table.ts'
import { caseReaders, type SchemaCase } from './cases.ts'

export interface MaskOptions extends CommonOptions, ModelChoice {
  readonly data: string
  readonly schemas?: number
  readonly order: 'schema' | 'free'
}

interface Verdict {
  readonly name: string
  readonly compileMs: number
  readonly firstMaskMs: number
  /** Instances that are accepted though invalid, and the reverse. */
  readonly falseAccepts: readonly string[]
  readonly falseRejects: readonly string[]
  readonly compileError?: string
  readonly states: number
  /** Longest of the masks. */
  readonly maskMaxUs: number
}

/** MaskBench's protocol: compile, then follow each instance token by token, a mask before each. */
export async function mask(options: MaskOptions): Promise<Findings> {
  const { tokenizer } = await prepared(options)
  // One at a time: what the benchmark itself holds would lengthen the collector's pauses.
  const cases = (await caseReaders(options.data)).slice(0, options.schemas)
  const started = performance.now()
  const words = vocabulary(tokenizer)
  const vocabularyMs = performance.now() - started
  // What every JSON text needs, as a server would have it after its first request.
  follow(constrain(jsonSchema({}), words), tokenizer, '{"warm": ["up", 1.5, true, null]}', [])
  const times: number[] = []
  const verdicts = cases.map((each, i) => {
    if (i % 200 === 199) say(`${i + 1} of ${cases.length}`)
    return judge(each(), words, tokenizer, options, times)
  })
  const brief = { ...summary(verdicts, times), vocabularyMs, vocabularySize: words.size }
  return {
    settings: { data: options.data, model: options.model, order: options.order },
    results: { ...brief, wrong: verdicts.filter((each) => !isRight(each)), slowest: slowest(verdicts) },
    brief,
    text: textFor(brief),
    holds: brief.falseAccepts === 0,
  }
}

function judge(
  each: SchemaCase,
  words: Vocabulary,
  tokenizer: Tokenizer,
  options: MaskOptions,
  times: number[],
): Verdict {
  const started = performance.now()
  const base = { name: each.name, falseAccepts: [], falseRejects: [], states: 0, maskMaxUs: 0 }
  let constraint: Constraint
  try {
    constraint = constrain(jsonSchema(each.schema, { order: options.order }), words)
  } catch (error) {
    return { ...base, compileMs: performance.now() - started, firstMaskMs: 0, compileError: (error as Error).message }
  }
  const compileMs = performance.now() - started
  const before = times.length
  const falseAccepts: string[] = []
  const falseRejects: string[] = []
  try {
    constraint.matcher().mask()
    const firstMaskMs = performance.now() - started
    for (const { valid, text, description } of each.tests) {
      const isAccepted = follow(constraint, tokenizer, text, times)
      if (isAccepted && !valid) falseAccepts.push(description)
      if (!isAccepted && valid) falseRejects.push(description)
    }
    return {
      ...base,
      compileMs,
      firstMaskMs,
      falseAccepts,
      falseRejects,
      states: constraint.stateCount,
      maskMaxUs: longest(times, before),
    }
  } catch (error) {
    return { ...base, compileMs, firstMaskMs: 0, falseAccepts, falseRejects, compileError: (error as Error).message }
  }
}

/** Whether every token of a text is in the mask before it, and the text may end. Times are of mask and advance, in µs. */
function follow(constraint: Constraint, tokenizer: Tokenizer, text: string, times: number[]): boolean {
  const matcher = constraint.matcher()
  for (const token of tokenizer.encode(text, { special: false })) {
    const started = performance.now()
    const isAllowed = ((matcher.mask()[token >> 5]! >> (token & 31)) & 1) === 1
    if (isAllowed) matcher.advance(token)
    times.push((performance.now() - started) * 1000)
    if (!isAllowed) return false
  }
  return matcher.isComplete
}

function longest(times: readonly number[], from: number): number {
  let most = 0
  for (let i = from; i < times.length; i++) most = Math.max(most, times[i]!)
  return most
}

const isRight = ({ compileError, falseAccepts, falseRejects }: Verdict): boolean =>
  compileError === undefined && falseAccepts.length + falseRejects.length === 0

/** The schemas with the slowest masks and starts. */
function slowest(verdicts: readonly Verdict[]): readonly Verdict[] {
  const by = (time: (verdict: Verdict) => number): Verdict[] =>
    [...verdicts].sort((a, b) => time(b) - time(a)).slice(0, 12)
  return [...new Set([...by(({ maskMaxUs }) => maskMaxUs), ...by(({ firstMaskMs }) => firstMaskMs)])]
}

function summary(verdicts: readonly Verdict[], times: readonly number[]) {
  const compiled = verdicts.filter(({ compileError }) => compileError === undefined)
  const firsts = compiled.map(({ firstMaskMs }) => firstMaskMs)
  const compiles = compiled.map(({ compileMs }) => compileMs)
  const count = (pick: (verdict: Verdict) => number): number => verdicts.reduce((sum, each) => sum + pick(each), 0)
  return {
    schemas: verdicts.length,
    schemasRight: verdicts.filter(isRight).length / Math.max(1, verdicts.length),
    falseAccepts: count(({ falseAccepts }) => falseAccepts.length),
    falseRejects: count(({ falseRejects }) => falseRejects.length),
    compileErrors: verdicts.length - compiled.length,
    masks: times.length,
    maskP50us: quantile(times, 0.5),
    maskP90us: quantile(times, 0.9),
    maskP99us: quantile(times, 0.99),
    maskMaxUs: longest(times, 0),
    firstMaskP50ms: quantile(firsts, 0.5),
    firstMaskP99ms: quantile(firsts, 0.99),
    firstMaskMaxMs: firsts.reduce((most, each) => Math.max(most, each), 0),
    compileP50ms: quantile(compiles, 0.5),
    compileP99ms: quantile(compiles, 0.99),
    statesP50: quantile(
      compiled.map(({ states }) => states),
      0.5,
    ),
  }
}

function textFor(brief: Readonly<Record<string, number>>): string {
  const rows = Object.entries(brief).map(([name, value]) => [name, value])
  return table([{ title: 'figure' }, { title: 'value', digits: 3 }], rows)
}
