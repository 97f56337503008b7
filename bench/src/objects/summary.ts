import { quantile } from '../statistics.ts'
import { table } from '../table.ts'
import type { Attempt, Outcome } from './generations.ts'

/** Figures of a run; coverage as in JSONSchemaBench (Geng et al. 2025, arXiv 2501.10868), over the schemas as they were drawn. */
export interface Figures {
  readonly generations: number
  readonly valid: number
  readonly incomplete: number
  readonly invalid: number
  readonly exceptions: number
  /** Whole, but Ajv cannot compile the schema. */
  readonly unjudged: number
  /** Schemas drawn, those that were refused included. */
  readonly drawn: number
  readonly distinctSchemas: number
  /** Share of drawn schemas that compile. */
  readonly declaredCoverage: number
  /** Share of drawn schemas whose value is whole and valid; what was cut counts as not. */
  readonly empiricalCoverage: number
  /** Share of generations whose value is whole and valid. */
  readonly complianceRate: number
  /** The same of those that were not cut. */
  readonly complianceOfFinished: number
  readonly firstTokenP50ms: number
  readonly firstTokenP99ms: number
  readonly modes: readonly ModeFigures[]
}

interface ModeFigures {
  readonly mode: string
  readonly generations: number
  readonly valid: number
  readonly incomplete: number
  readonly invalid: number
  readonly exceptions: number
  readonly tokens: number
  readonly drafted: number
  readonly accepted: number
  readonly tokensPerSecond: number
}

/** The metrics of JSONSchemaBench, and what each is a share of. */
export const COVERAGE = [
  { key: 'declaredCoverage', of: 'drawn', title: 'declared coverage' },
  { key: 'empiricalCoverage', of: 'drawn', title: 'empirical coverage' },
  { key: 'complianceRate', of: 'generations', title: 'compliance rate' },
] as const

/** Of a share of so many: what a bootstrap over them gives, without drawing. */
export const standardError = (share: number, of: number): number => Math.sqrt((share * (1 - share)) / Math.max(1, of))

const count = (attempts: readonly Attempt[], outcome: Outcome): number =>
  attempts.filter((each) => each.outcome === outcome).length

const sum = (attempts: readonly Attempt[], pick: (attempt: Attempt) => number): number =>
  attempts.reduce((all, each) => all + pick(each), 0)

const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0)

export function figuresOf(attempts: readonly Attempt[]): Figures {
  const generations = attempts.length
  const valid = count(attempts, 'valid')
  const invalid = count(attempts, 'invalid')
  const drawn = generations + sum(attempts, ({ refused }) => refused.length)
  const firsts = attempts.map(({ firstMs }) => firstMs)
  const modes = [...new Set(attempts.map(({ mode }) => mode))]
  return {
    generations,
    valid,
    incomplete: count(attempts, 'incomplete'),
    invalid,
    exceptions: count(attempts, 'exception'),
    unjudged: count(attempts, 'unjudged'),
    drawn,
    distinctSchemas: new Set(attempts.map(({ schema }) => schema)).size,
    declaredCoverage: share(generations, drawn),
    empiricalCoverage: share(valid, drawn),
    complianceRate: share(valid, generations),
    complianceOfFinished: share(valid, valid + invalid),
    firstTokenP50ms: quantile(firsts, 0.5),
    firstTokenP99ms: quantile(firsts, 0.99),
    modes: modes.map((mode) =>
      modeFigures(
        mode,
        attempts.filter((each) => each.mode === mode),
      ),
    ),
  }
}

function modeFigures(mode: string, attempts: readonly Attempt[]): ModeFigures {
  const tokens = sum(attempts, (each) => each.tokens)
  const ms = sum(attempts, (each) => (each.tokens > 0 ? each.ms - each.firstMs : 0))
  return {
    mode,
    generations: attempts.length,
    valid: count(attempts, 'valid'),
    incomplete: count(attempts, 'incomplete'),
    invalid: count(attempts, 'invalid'),
    exceptions: count(attempts, 'exception'),
    tokens,
    drafted: sum(attempts, (each) => each.drafted),
    accepted: sum(attempts, (each) => each.accepted),
    tokensPerSecond: share(tokens * 1000, ms),
  }
}

/** One model's figures that `COVERAGE` has not, and its modes. */
export function tableOf({ modes, ...figures }: Figures): string {
  const columns = ['mode', 'generations', 'valid', 'cut', 'invalid', 'exceptions', 'drafted', 'accepted', 'tokens/s']
  const rows = modes.map((each) => [
    each.mode,
    each.generations,
    each.valid,
    each.incomplete,
    each.invalid,
    each.exceptions,
    each.drafted,
    each.accepted,
    each.tokensPerSecond,
  ])
  const byMode = table(
    columns.map((title) => ({ title, digits: title === 'tokens/s' ? 1 : 0 })),
    rows,
  )
  const whole = table(
    [{ title: 'figure' }, { title: 'value', digits: 3 }],
    Object.entries(figures).flatMap(([name, value]) => (typeof value === 'number' ? [[name, value]] : [])),
  )
  return `${whole}\n\n${byMode}`
}
