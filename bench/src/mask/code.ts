import { type Constraint, constrain, vocabulary } from '@foretoken/constraint'
import { secureCode } from '@foretoken/constraint-secure-code'
import { type ModelChoice, prepared } from '../model.ts'
import type { CommonOptions, Findings } from '../report.ts'
import { quantile } from '../statistics.ts'
import { table } from '../table.ts'
import { JAVASCRIPT, SOLIDITY } from './code-samples.ts'

export type CodeOptions = CommonOptions & ModelChoice

const SAMPLES = { solidity: SOLIDITY, javascript: JAVASCRIPT } as const
type Language = keyof typeof SAMPLES
const LANGUAGES = Object.keys(SAMPLES) as Language[]
const VISITS = ['first', 'again', 'other request'] as const

/** Longest that a mask may take, first visits included. */
const MOST_MS = 30

interface Row {
  readonly language: Language
  /** `first`: nothing is known. `again`: the same text. `other request`: code goes on behind the text, under a constraint of its own. */
  readonly visit: (typeof VISITS)[number]
  readonly masks: number
  readonly compileMs: number
  /** The first mask. */
  readonly firstMs: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  /** Of all, the first included. */
  readonly max: number
  /** Whether every token of the sample was allowed. */
  readonly isAllowed: boolean
}

/** Masks of the rules for code, along code that keeps to them. */
export async function maskCode(options: CodeOptions): Promise<Findings> {
  const { tokenizer } = await prepared(options)
  const words = vocabulary(tokenizer)
  const rows = LANGUAGES.flatMap((language) => {
    const tokens = tokenizer.encode(SAMPLES[language])
    const first = timed(() => constrain(secureCode({ language }), words))
    const other = (): Constraint => constrain(secureCode({ language, before: SAMPLES[language] }), words)
    const visits = [walked(first.result, tokens), walked(first.result, tokens)]
    const behind = timed(other)
    return [...visits, walked(behind.result, tokens)].map((walk, i): Row => {
      const ms = i === 2 ? behind.ms : first.ms
      return { language, visit: VISITS[i]!, compileMs: ms, ...walk }
    })
  })
  const worst = Math.max(...rows.map(({ max }) => max))
  const columns = ['language', 'visit', 'masks', 'compile ms', 'first ms', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms']
  return {
    settings: { model: options.model, vocabulary: words.size },
    results: { rows, worst, bar: MOST_MS },
    brief: { rows, worst, bar: MOST_MS },
    text: table(
      columns.map((title) => ({ title, digits: title === 'masks' ? 0 : 2 })),
      rows.map(({ language, visit, masks, compileMs, firstMs, p50, p90, p99, max }) => [
        ...[language, visit, masks, compileMs, firstMs],
        ...[p50, p90, p99, max],
      ]),
    ),
    holds: worst < MOST_MS && rows.every(({ isAllowed }) => isAllowed),
  }
}

function timed<Result>(run: () => Result): { readonly result: Result; readonly ms: number } {
  const started = performance.now()
  const result = run()
  return { result, ms: performance.now() - started }
}

function walked(constraint: Constraint, tokens: Int32Array): Omit<Row, 'language' | 'visit' | 'compileMs'> {
  const matcher = constraint.matcher()
  const times: number[] = []
  let isAllowed = true
  for (const token of tokens) {
    times.push(timed(() => matcher.mask()).ms)
    isAllowed = matcher.isAllowed(token)
    if (!isAllowed) break
    matcher.advance(token)
  }
  const at = (p: number): number => quantile(times, p)
  return { masks: times.length, firstMs: times[0]!, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1), isAllowed }
}
