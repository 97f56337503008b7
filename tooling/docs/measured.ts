// Measured results that `pnpm bench spec --publish` leaves in docs/methods/results.json, beside the methods they speak for.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { IdentityRow } from '../../bench/src/identity/published.ts'
import type { PublishedCategory, PublishedResult } from '../../bench/src/spec/published.ts'

export const RESULTS = 'docs/methods/results.json'
const IDENTITY = 'docs/methods/identity.jsonl'

/** What was measured; empty where nothing was published. */
export function readMeasured(root: string): readonly PublishedResult[] {
  const file = join(root, RESULTS)
  if (!existsSync(file)) return []
  return (JSON.parse(readFileSync(file, 'utf8')) as { results: readonly PublishedResult[] }).results
}

/** Where outputs were plain decoding's; empty where nothing was published. */
export function readIdentityRows(root: string): readonly IdentityRow[] {
  const file = join(root, IDENTITY)
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as IdentityRow)
}

/** The rows that a drafter or verifier is part of, the greedy ones first, the fastest first. */
export function rowsOf(measured: readonly PublishedResult[], kind: string, name: string): readonly PublishedResult[] {
  return measured
    .filter((row) => (kind === 'drafter' ? row.drafter : row.verifier) === name)
    .sort((a, b) => a.temperature - b.temperature || b.speedup - a.speedup)
}

/** At each temperature the best composition that the method drafts or verifies for; empty when it was in none. */
export function measuredCell(measured: readonly PublishedResult[], kind: string, name: string): string {
  const mine = rowsOf(measured, kind, name)
  const best = mine.filter((row, i) => mine.findIndex(({ temperature }) => temperature === row.temperature) === i)
  return best
    .map((row) => `${speedupText(row)}, ${row.meanAcceptanceLength.toFixed(2)} tokens a round, with ${atText(row)}`)
    .join('; ')
}

const atText = ({ composition, temperature }: PublishedResult): string => `\`${composition}\` at T = ${temperature}`

/** `1.50× (1.25–1.75)` */
export function speedupText({
  speedup,
  speedupInterval,
}: Pick<PublishedResult, 'speedup' | 'speedupInterval'>): string {
  const interval = speedupInterval ? ` (${speedupInterval.map((end) => end.toFixed(2)).join('–')})` : ''
  return `${speedup.toFixed(2)}×${interval}`
}

/** How the figures came about. */
export function measuredNote(measured: readonly PublishedResult[]): string {
  const said = (of: (row: PublishedResult) => string | number): string =>
    [...new Set(measured.map(of))].sort().join(', ')
  const commands = [...new Set(measured.map(({ origin }) => `\`${origin.command}\``))].sort()
  return [
    `Measured: speedup over plain decoding of the same questions of Spec-Bench (${said(({ questions }) => questions)}, at most ${said(({ tokens }) => tokens)} new tokens a turn) with a 95 % interval;`,
    `${said(({ model }) => model)} on ${said(({ origin }) => `${origin.processor}, ${origin.threads} threads`)},`,
    `${said(({ origin }) => origin.date.slice(0, 10))}, commit ${said(({ origin }) => origin.commit.slice(0, 7))}: ${commands.join(', ')}.`,
    'Compositions are in [bench/compositions](../../bench/compositions).',
  ].join(' ')
}

/** Ours beside a published row: of some categories, or of all. */
export interface Beside {
  readonly speedup: string
  readonly length: string
  readonly questions: string
}

/** A composition's figures on some categories, each the ratio of sums over them; dashes where it was not measured there. */
export function besideOf(
  measured: readonly PublishedResult[],
  {
    composition,
    temperature,
    categories,
  }: { composition: string; temperature: number; categories?: readonly string[] },
): Beside {
  const row = measured.find((each) => each.composition === composition && each.temperature === temperature)
  const wanted = Object.entries(row?.categories ?? {}).filter(([name]) => categories?.includes(name) ?? true)
  if (row === undefined || wanted.length === 0) return { speedup: '–', length: '–', questions: '–' }
  const sum = (of: (each: PublishedCategory) => number): number => wanted.reduce((all, [, each]) => all + of(each), 0)
  const length = sum((each) => each.rounds * each.meanAcceptanceLength) / sum(({ rounds }) => rounds)
  const ratio = sum((each) => each.tokens * each.plainMs) / sum((each) => each.tokens * each.ms)
  return {
    speedup: categories ? `${ratio.toFixed(2)}×` : speedupText(row),
    length: length.toFixed(2),
    questions: String(sum(({ questions }) => questions)),
  }
}
