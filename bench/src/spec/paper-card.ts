import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { badOption, checkKeys, ForetokenError } from '@foretoken/core'
import { PAPERS } from '../places.ts'

/** A published figure, and what of ours stands beside it. */
export interface PublishedRow {
  /** The paper's task. */
  readonly task: string
  /** The paper's models and machine. */
  readonly setting: string
  /** Where in the paper, or beside it. */
  readonly source: string
  /** Times plain decoding; two numbers are a range. */
  readonly speedup?: number | readonly [number, number]
  /** Tokens of a round, the target's own included. */
  readonly meanAcceptanceLength?: number
  /** In words, where the paper gives no such number. */
  readonly figure?: string
  /** Our composition, temperature and categories; no categories mean all. */
  readonly composition: string
  readonly temperature: number
  readonly categories?: readonly string[]
}

/** A file of `bench/papers`. */
export interface PaperCard {
  readonly method: string
  readonly title: string
  readonly url: string
  /** How our setting differs from the paper's. */
  readonly differs: string
  /** Empty where Spec-Bench's questions say nothing of the method. */
  readonly published: readonly PublishedRow[]
  /** Then: why, and what measures it. */
  readonly elsewhere?: string
}

/** Names of the methods with published figures, sorted. */
export async function paperNames(): Promise<string[]> {
  const files = await readdir(PAPERS)
  return files.flatMap((file) => (file.endsWith('.json') ? [basename(file, '.json')] : [])).sort()
}

/** Reads the published figures of a method. @throws NOT_FOUND, BAD_OPTION */
export async function readPaper(method: string): Promise<PaperCard> {
  const names = await paperNames()
  if (!names.includes(method)) {
    throw new ForetokenError('NOT_FOUND', `There are no published figures of "${method}".`, {
      fix: `Choose from ${names.join(', ')}.`,
      details: { method },
    })
  }
  return checkPaper(JSON.parse(await readFile(join(PAPERS, `${method}.json`), 'utf8')), `${method}.json`)
}

const ROW = [
  'task',
  'setting',
  'source',
  'speedup',
  'meanAcceptanceLength',
  'figure',
  'composition',
  'temperature',
  'categories',
]

/** Checks a file of published figures. @throws BAD_OPTION naming the key. */
export function checkPaper(value: unknown, source: string): PaperCard {
  const card = value as PaperCard
  checkKeys(source, card, ['method', 'title', 'url', 'differs', 'published', 'elsewhere'])
  for (const key of ['method', 'title', 'url'] as const) checkText(source, key, card[key])
  if (card.elsewhere !== undefined) {
    checkText(source, 'elsewhere', card.elsewhere)
    return { ...card, differs: '', published: [] }
  }
  checkText(source, 'differs', card.differs)
  if (!Array.isArray(card.published) || card.published.length === 0) {
    throw badOption(source, 'published', 'holds no row', 'a list of published figures')
  }
  for (const row of card.published as readonly PublishedRow[]) {
    checkKeys(source, row, ROW)
    for (const key of ['task', 'setting', 'source', 'composition'] as const) checkText(source, key, row[key])
    if (!Number.isFinite(row.temperature)) throw badOption(source, 'temperature', 'is missing', 'a temperature')
    if (row.speedup === undefined && row.meanAcceptanceLength === undefined && row.figure === undefined) {
      throw badOption(
        source,
        'published',
        `has no figure for "${row.task}"`,
        '"speedup", "meanAcceptanceLength" or "figure"',
      )
    }
  }
  return card
}

function checkText(source: string, key: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw badOption(source, key, `is ${String(value)}`, 'a text')
}
