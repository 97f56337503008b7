// A page for each method in docs/methods: what it is, its paper, what it needs and promises, and figures, measured beside published.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { IdentityRow } from '../../bench/src/identity/published.ts'
import type { PaperCard } from '../../bench/src/spec/paper-card.ts'
import type { PublishedResult } from '../../bench/src/spec/published.ts'
import type { ManifestLike } from '../check-packages/manifest.ts'
import type { Package } from '../workspace/packages.ts'
import { besideOf, measuredNote, rowsOf, speedupText } from './measured.ts'

/** Published figures, by method. */
export function readPapers(root: string): ReadonlyMap<string, PaperCard> {
  const folder = join(root, 'bench/papers')
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  const cards = files.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as PaperCard)
  return new Map(cards.map((card) => [card.method, card]))
}

/** `verifier-typical.md`: names of methods are unique in their kind only. */
export const pageOf = ({ kind, name }: Pick<ManifestLike, 'kind' | 'name'>): string => `${kind}-${name}.md`

export function tableOf(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n')
}

export interface MethodFacts {
  readonly unit: Package
  readonly manifest: ManifestLike
  /** As the index shows them. */
  readonly requirements: string
  readonly guarantee: string
}

/** The page of one method. */
export function methodPage(
  { unit, manifest, requirements, guarantee }: MethodFacts,
  measured: readonly PublishedResult[],
  card: PaperCard | undefined,
  identity: readonly IdentityRow[] = [],
): string {
  const { kind, name, paper } = manifest
  const link = `[${unit.json.name}](../../${unit.folder}/README.md)`
  const facts = [
    ...(paper ? [['Paper', `${paper.authors}, [${paper.title}](${paper.url}), ${paper.year}`]] : []),
    ...(paper?.section ? [['Section', paper.section]] : []),
    ['Requires', requirements === 'none' ? 'nothing: works with every target' : requirements],
    ...(kind === 'drafter' || kind === 'verifier'
      ? [['Guarantee', guarantee || 'the verifier’s: drafts change speed, never what is decided']]
      : []),
    ['Package', `${link}: example, options, deviations from the paper`],
  ]
  return [
    `# ${name}`,
    `Generated from its manifest by \`pnpm docs\`. A ${kind}. ${unit.json['description'] ?? ''}`.trim(),
    tableOf(['', ''], facts),
    ...measuredPart(rowsOf(measured, kind, name)),
    ...identityPart(identity.filter((row) => (kind === 'drafter' ? row.drafter : row.verifier) === name)),
    ...publishedPart(card, measured),
    '[All methods](README.md)\n',
  ].join('\n\n')
}

/** The page of a paper that is no single package's: its figures and what of ours stands beside them. */
export function paperPage(card: PaperCard, measured: readonly PublishedResult[]): string {
  const intro = `Generated from \`bench/papers/${card.method}.json\` by \`pnpm docs\`. [${card.title}](${card.url}).`
  return [`# ${card.method}`, intro, ...publishedPart(card, measured), '[All methods](README.md)\n'].join('\n\n')
}

function measuredPart(mine: readonly PublishedResult[]): string[] {
  if (mine.length === 0) return []
  const titles = ['composition', 'T', 'speedup', 'tokens a round', 'share of the bound', 'questions', 'what it is']
  const rows = mine.map((row) => [
    `\`${row.composition}\``,
    String(row.temperature),
    speedupText(row),
    row.meanAcceptanceLength.toFixed(2),
    row.boundShare === null ? '–' : row.boundShare.toFixed(3),
    String(row.questions),
    row.about,
  ])
  return ['## Measured', tableOf(titles, rows), measuredNote(mine)]
}

function identityPart(mine: readonly IdentityRow[]): string[] {
  if (mine.length === 0) return []
  const titles = ['pair', 'T', 'model', 'questions', 'tokens', 'tokens a round']
  const rows = mine.map(({ name, temperature, model, questions, written, rounds }) => [
    name,
    String(temperature),
    model,
    String(questions.length),
    String(written),
    (written / rounds).toFixed(2),
  ])
  const commits = [...new Set(mine.flatMap((row) => row.commits.map((commit) => commit.slice(0, 7))))].sort()
  const note = `Every output was plain decoding's, token for token, on so many questions of Spec-Bench (240): \`pnpm bench identity --publish\`, commit ${commits.join(', ')}.`
  return ['## Identical', tableOf(titles, rows), note]
}

function publishedPart(card: PaperCard | undefined, measured: readonly PublishedResult[]): string[] {
  if (card === undefined) return []
  if (card.elsewhere !== undefined) return ['## Published', card.elsewhere]
  const titles = [
    'task',
    'published with',
    'T',
    'published',
    'ours',
    'length published',
    'length ours',
    'our composition',
    'source',
  ]
  const rows = (card.published ?? []).map((row) => {
    const ours = besideOf(measured, row)
    return [
      row.task,
      row.setting,
      String(row.temperature),
      row.figure ?? times(row.speedup),
      ours.speedup,
      row.meanAcceptanceLength?.toFixed(2) ?? '–',
      ours.length,
      `\`${row.composition}\``,
      row.source,
    ]
  })
  const again = `\`pnpm bench paper ${card.method}\` measures ours in this setting.`
  return ['## Published, and ours beside it', tableOf(titles, rows), `${card.differs} ${again}`]
}

function times(speedup: number | readonly [number, number] | undefined): string {
  if (speedup === undefined) return '–'
  return `${(typeof speedup === 'number' ? [speedup] : speedup).map((value) => value.toFixed(2)).join('–')}×`
}
