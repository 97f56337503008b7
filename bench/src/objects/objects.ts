import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { loadModel } from '@foretoken/backend-node'
import type { JsonSchemaOptions } from '@foretoken/constraint-json-schema'
import {
  badOption,
  capped,
  type Drafter,
  ForetokenError,
  type Model,
  rng,
  STREAMS,
  type Verifier,
} from '@foretoken/core'
import { suffix } from '@foretoken/drafter-suffix'
import { tokenRecycling } from '@foretoken/drafter-token-recycling'
import { generateObject, type ObjectTokenizer } from '@foretoken/object'
import { recursiveRejection } from '@foretoken/verifier-recursive-rejection'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { readCases, type SchemaCase } from '../mask/cases.ts'
import { type ModelChoice, prepared } from '../model.ts'
import { RESULTS } from '../places.ts'
import { headCommit } from '../provenance.ts'
import { type CommonOptions, type Findings, say } from '../report.ts'
import { findingsOf, type ModelRun } from './findings.ts'
import { type Attempt, openAttempts } from './generations.ts'
import { judgeOf } from './judge.ts'

export interface ObjectsOptions extends CommonOptions, Omit<ModelChoice, 'model'> {
  /** Each is measured for itself. */
  readonly model: readonly string[]
  readonly data: string
  readonly generations: number
  readonly tokens: number
  readonly threads: number
  /** Stops after these; the next run goes on. */
  readonly minutes?: number
  readonly state?: string
  readonly fresh?: boolean
}

/** Ways to lay out the same value, in turns. */
const LAYOUTS: readonly (readonly [string, JsonSchemaOptions])[] = [
  ['single blanks', {}],
  ['optional blanks', { whitespace: 'space' }],
  ['free', { whitespace: 'free', order: 'free' }],
]

type Speculation = { readonly drafter?: Drafter | 'none'; readonly verifier?: Verifier }

/** How generations are drafted, in turns: every second one without speculation. */
const MODES: readonly (readonly [string, () => Speculation])[] = [
  ['plain', () => ({ drafter: 'none' })],
  ['automatic, exact-match', () => ({})],
  ['plain', () => ({ drafter: 'none' })],
  ['suffix, speculative-sampling', () => ({ drafter: capped(suffix(), 4), verifier: speculativeSampling() })],
  ['plain', () => ({ drafter: 'none' })],
  ['token-recycling tree, recursive-rejection', () => ({ drafter: tokenRecycling(), verifier: recursiveRejection() })],
]

/** A generation that takes longer is given up. */
const PATIENCE_MS = 600_000

type OneModel = Omit<ObjectsOptions, 'model'> & ModelChoice

interface Bench {
  readonly options: OneModel
  readonly cases: readonly SchemaCase[]
  readonly model: Model
  readonly tokenizer: ObjectTokenizer
}

/** Objects of random schemas at temperature 1, each judged by Ajv, model by model. */
export async function objects(options: ObjectsOptions): Promise<Findings> {
  const { model: models, generations, tokens, seed, data, minutes = Infinity, state } = options
  const settings = { models, generations, tokens, seed, data }
  if (!existsSync(data)) {
    const skipped = `there is no file ${data}; name schemas in MaskBench's form with --data`
    return { settings, results: { skipped }, text: `Not measured: ${skipped}.` }
  }
  if (state !== undefined && models.length > 1) {
    throw badOption('objects', '--state', 'is one file', 'one model: each has a file of its own')
  }
  const cases = await readCases(data)
  const started = performance.now()
  const runs: ModelRun[] = []
  for (const [i, model] of models.entries()) {
    // Each model has its share of the time that is left.
    const until = started + (minutes * 60_000 * (i + 1)) / models.length
    runs.push(await runOf({ ...options, model }, cases, until))
  }
  return findingsOf(settings, runs)
}

/** What one model has generated so far, and goes on until the time is over. */
async function runOf(options: OneModel, cases: readonly SchemaCase[], until: number): Promise<ModelRun> {
  const { model: name, generations, tokens, seed, data } = options
  const stem = name.replace(/[^\w.-]+/g, '-')
  const file = options.state ?? join(RESULTS, `objects-${stem}-seed${seed}-tokens${tokens}.jsonl`)
  const attempts = await openAttempts(file, { model: name, tokens, seed, data }, options.fresh ?? false)
  const missing = Array.from({ length: generations }, (_, number) => number).filter((each) => !attempts.done.has(each))
  if (missing.length > 0 && performance.now() < until) {
    const commit = headCommit()
    const { folder, tokenizer } = await prepared(options)
    await using model = await loadModel(folder, { threads: options.threads })
    for (const number of missing) {
      if (performance.now() >= until) break
      const attempt = await generate({ options, cases, model, tokenizer }, number)
      await attempts.add({ ...attempt, commit })
      if (attempt.why !== undefined)
        say(`${name} ${number} ${attempt.schema} (${attempt.mode}): ${attempt.outcome}: ${attempt.why}`)
      if (attempts.done.size % 25 === 0) say(`${name}: ${attempts.done.size} of ${generations}`)
    }
  }
  const all = [...attempts.done.values()].filter(({ number }) => number < generations)
  return { model: name, wanted: generations, attempts: all.sort((a, b) => a.number - b.number) }
}

async function generate(bench: Bench, number: number): Promise<Attempt> {
  const [mode, speculation] = MODES[number % MODES.length]!
  const [layout, schemaOptions] = LAYOUTS[Math.floor(number / MODES.length) % LAYOUTS.length]!
  const refused: { schema: string; why: string }[] = []
  for (let draw = 0; ; draw++) {
    const { cases, options } = bench
    const at = Math.floor(rng(options.seed).uniform(STREAMS.sample, number, draw) * cases.length)
    const attempt = await generateOne(bench, number, cases[at]!, { schemaOptions, ...speculation() })
    if (!('refusal' in attempt)) return { number, mode, layout, refused, ...attempt }
    refused.push({ schema: cases[at]!.name, why: attempt.refusal })
  }
}

type One = Omit<Attempt, 'number' | 'mode' | 'layout' | 'refused'>

async function generateOne(
  { options, model, tokenizer }: Bench,
  number: number,
  { schema, name }: SchemaCase,
  how: Speculation & { readonly schemaOptions: JsonSchemaOptions },
): Promise<One | { readonly refusal: string }> {
  const started = performance.now()
  let first: number | undefined
  let text = ''
  const base = (): One => ({
    schema: name,
    outcome: 'exception',
    tokens: 0,
    rounds: 0,
    drafted: 0,
    accepted: 0,
    ms: performance.now() - started,
    firstMs: (first ?? performance.now()) - started,
  })
  try {
    const result = await generateObject({
      model,
      tokenizer,
      schema,
      prompt: promptFor(schema),
      temperature: 1,
      seed: number,
      maxTokens: options.tokens,
      signal: AbortSignal.timeout(PATIENCE_MS),
      onRun: (run) => {
        first ??= performance.now()
        text += run.text
      },
      ...how,
    })
    const { tokens, rounds, drafted, accepted } = result.stats
    const one: One = { ...base(), tokens, rounds, drafted, accepted }
    if (!result.isComplete) return { ...one, outcome: 'incomplete' }
    const judge = judgeOf(schema)
    if (typeof judge !== 'function') return { ...one, outcome: 'unjudged', why: judge.refusal }
    const why = judge(JSON.parse(result.text))
    return why === undefined ? { ...one, outcome: 'valid' } : { ...one, outcome: 'invalid', why, text: result.text }
  } catch (error) {
    const why = ForetokenError.is(error) ? `${error.code}: ${error.message}` : String((error as Error).stack ?? error)
    // Refused before anything was written: the schema cannot be enforced, and says so.
    if (ForetokenError.is(error) && error.code === 'UNSUPPORTED' && first === undefined) return { refusal: why }
    return { ...base(), why, text }
  } finally {
    if (typeof how.drafter === 'object') await how.drafter.dispose()
  }
}

/** What the schema says it is about, in a sentence: whole schemas are longer than small models' contexts. */
function promptFor(schema: SchemaCase['schema']): string {
  const { title, description } = typeof schema === 'object' ? schema : {}
  const about = [title, description].filter((each) => typeof each === 'string').join(': ')
  return `Write an example as JSON${about === '' ? '.' : `: ${about.slice(0, 200)}`}`
}
