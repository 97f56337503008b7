import { SCHEMAS } from '../../places.ts'
import { type CommonOptions, type Findings, say } from '../../report.ts'
import { table } from '../../table.ts'
import { caseReaders } from '../cases.ts'
import { HARMLESS, hostile } from './hostile.ts'
import { finiteWalks, noWalks, openWalks, smallVocabulary, type WalkCounts } from './walks.ts'

export interface FuzzOptions extends CommonOptions {
  readonly data: string
  readonly walks: number
  readonly tokens: number
}

/** Walks through one random schema. */
const EACH = 20

/**
 * Random walks that follow masks: half through random schemas whose valid texts are listed, where every mask must be exact in
 * both directions; half through the schemas of a file, where no walk may come to a dead end and what ends must be valid.
 */
export async function maskFuzz(options: FuzzOptions): Promise<Findings> {
  const exact = noWalks()
  const words = smallVocabulary()
  for (let n = 0; exact.walks < options.walks / 2; n++) {
    if (n % 500 === 499) say(`${exact.walks} walks through listed texts`)
    finiteWalks(2 * (options.seed * 2 ** 20 + n), words, EACH, exact)
  }
  const open = await realWalks(options)
  say('hostile grammars …')
  const lines = hostile(words, { seed: options.seed, tokens: 200 })
  const strange = lines.filter(({ outcome }) => !HARMLESS.includes(outcome))
  const faults = [...exact.faults, ...open.counts.faults, ...strange.map(({ name, outcome }) => `${name}: ${outcome}`)]
  const walks = exact.walks + open.counts.walks
  const brief = {
    walks,
    faults: faults.length,
    listed: countsOf(exact),
    real: countsOf(open.counts),
    hostile: lines,
    missing: open.missing,
  }
  return {
    settings: { data: options.data, walks: options.walks, tokens: options.tokens, seed: options.seed },
    results: { ...brief, found: faults },
    brief,
    text: `${textFor([
      ['listed texts', exact],
      ['schemas of the file', open.counts],
    ])}\n${hostileText(lines)}\n${faults.slice(0, 20).join('\n')}${open.missing ?? ''}`,
    holds: faults.length === 0,
  }
}

async function realWalks({
  data,
  walks,
  tokens,
  seed,
}: FuzzOptions): Promise<{ counts: WalkCounts; missing?: string }> {
  const counts = noWalks()
  const readers = await caseReaders(data).catch(() => [])
  if (readers.length === 0)
    return { counts, missing: `No schemas in ${data}; by default they are looked for in ${SCHEMAS}.` }
  const words = smallVocabulary()
  const each = Math.ceil(walks / 2 / readers.length)
  for (const [i, read] of readers.entries()) {
    if (i % 200 === 199) say(`${i + 1} of ${readers.length} schemas`)
    openWalks(read().schema, words, { walks: each, most: tokens, seed: seed * 2 ** 20 + i }, counts)
  }
  return { counts }
}

function hostileText(lines: ReturnType<typeof hostile>): string {
  const longest = Math.max(...lines.map(({ compileMs, longestMs }) => Math.max(compileMs, longestMs)))
  const refused = lines.filter(({ outcome }) => outcome !== 'masked').length
  return `${lines.length} hostile grammars, ${refused} refused; ${Math.round(longest)} ms at most to compile one that is not, or for a token.`
}

const countsOf = ({ faults, ...counts }: WalkCounts) => ({ ...counts, faults: faults.length })

function textFor(lines: readonly (readonly [string, WalkCounts])[]): string {
  const columns = ['', 'walks', 'tokens', 'ended', 'open', 'schemas', 'refused', 'faults']
  return table(
    columns.map((title) => ({ title, digits: 0 })),
    lines.map(([name, c]) => [name, c.walks, c.tokens, c.ended, c.open, c.schemas, c.refused, c.faults.length]),
  )
}
