// Pages and tables that manifests are the source of: docs/methods and the "Requirements" section of each
// method's README; and the examples in pages. `pnpm docs` writes them, the gates check that they are current.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PaperCard } from '../../bench/src/spec/paper-card.ts'
import type { PublishedResult } from '../../bench/src/spec/published.ts'
import { type ManifestLike, readManifests } from '../check-packages/manifest.ts'
import { GENERATED, methodKind } from '../check-packages/shape.ts'
import { listPackages, type Package, type Problem } from '../workspace/packages.ts'
import { root } from '../workspace/prepare.mjs'
import { measuredCell, measuredNote, readIdentityRows, readMeasured } from './measured.ts'
import { methodPage, pageOf, paperPage, readPapers, tableOf } from './method-page.ts'
import { withExample } from './snippets.ts'

const END = '<!-- end -->'
const METHODS = 'docs/methods'
const INDEX = `${METHODS}/README.md`
/** Pages that show an example file. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  'README.md': 'examples/basic.ts',
  'docs/guide/structured-output.md': 'examples/object.ts',
}

interface Method {
  readonly unit: Package
  readonly manifests: readonly ManifestLike[]
}

function citation({ paper }: ManifestLike): string {
  if (paper === undefined) return ''
  const section = paper.section === undefined ? '' : `, ${paper.section}`
  return `[${paper.authors}, ${paper.year}](${paper.url})${section}`
}

function requirements({ requires }: ManifestLike): string {
  return requires.length === 0 ? 'none' : requires.map((capability) => `\`${capability}\``).join(', ')
}

function guarantee({ guarantee, changes }: ManifestLike): string {
  return guarantee === undefined ? '' : `\`${guarantee}\`${changes === undefined ? '' : `: ${changes}`}`
}

/** The generated lines of a method's README. */
export function requirementLines(manifests: readonly ManifestLike[]): string {
  const lines = manifests.map((manifest) => {
    const promise = manifest.guarantee === undefined ? '' : ` Guarantee: ${guarantee(manifest)}.`
    const name = manifests.length > 1 ? `\`${manifest.name}\`: ` : ''
    const needs =
      manifest.requires.length === 0
        ? 'works with every target model.'
        : `the target model must support ${requirements(manifest)}.`
    return `${name}${name === '' ? needs.charAt(0).toUpperCase() + needs.slice(1) : needs}${promise}`
  })
  return `${GENERATED}\n\n${lines.join('\n\n')}\n\n${END}`
}

/** The table of all methods, with what was measured where something was, and papers of no single package. */
export function indexPage(
  methods: readonly Method[],
  measured: readonly PublishedResult[] = [],
  others: readonly PaperCard[] = [],
): string {
  const isMeasured = measured.length > 0
  const rows = methods.flatMap(({ unit, manifests }) =>
    manifests.map((manifest) => [
      `[${manifest.name}](${pageOf(manifest)})`,
      manifest.kind,
      `[${unit.json.name}](../../${unit.folder}/README.md)`,
      requirements(manifest),
      guarantee(manifest),
      citation(manifest),
      ...(isMeasured ? [measuredCell(measured, manifest.kind, manifest.name)] : []),
    ]),
  )
  const titles = ['method', 'kind', 'package', 'requires', 'guarantee', 'source', ...(isMeasured ? ['measured'] : [])]
  const further = others.map(({ method, title }) => `- [${method}](paper-${method}.md): ${title}`)
  return `${[
    '# Methods',
    'Generated from the manifests by `pnpm docs`.',
    tableOf(titles, rows),
    ...(isMeasured ? [measuredNote(measured)] : []),
    ...(further.length > 0 ? ['Papers that are no single package:', further.join('\n')] : []),
  ].join('\n\n')}\n`
}

/** The pages of docs/methods. */
function methodPages(methods: readonly Method[]): [string, string][] {
  const measured = readMeasured(root)
  const papers = readPapers(root)
  const identity = readIdentityRows(root)
  const known = methods.flatMap(({ unit, manifests }) => manifests.map((manifest) => ({ unit, manifest })))
  const others = [...papers.values()].filter(({ method }) => !known.some(({ manifest }) => manifest.name === method))
  return [
    [INDEX, indexPage(methods, measured, others)],
    ...known.map(({ unit, manifest }): [string, string] => {
      const facts = { unit, manifest, requirements: requirements(manifest), guarantee: guarantee(manifest) }
      const card = ['drafter', 'verifier'].includes(manifest.kind) ? papers.get(manifest.name) : undefined
      return [`${METHODS}/${pageOf(manifest)}`, methodPage(facts, measured, card, identity)]
    }),
    ...others.map((card): [string, string] => [`${METHODS}/paper-${card.method}.md`, paperPage(card, measured)]),
  ]
}

async function wantedPages(): Promise<Map<string, string>> {
  const pages = new Map<string, string>()
  const methods: Method[] = []
  for (const unit of listPackages()) {
    if (methodKind(unit.folder) === undefined) continue
    const manifests = await readManifests(unit)
    if (manifests.length === 0) continue
    methods.push({ unit, manifests })
    const file = `${unit.folder}/README.md`
    if (!existsSync(join(root, file))) continue
    const text = readFileSync(join(root, file), 'utf8')
    const block = new RegExp(`${GENERATED}[\\s\\S]*?${END}`)
    if (block.test(text))
      pages.set(
        file,
        text.replace(block, () => requirementLines(manifests)),
      )
  }
  for (const [file, text] of methodPages(methods)) pages.set(file, text)
  for (const [page, file] of Object.entries(EXAMPLES)) {
    const code = readFileSync(join(root, file), 'utf8')
    pages.set(page, withExample(readFileSync(join(root, page), 'utf8'), file, code))
  }
  return pages
}

/** Writes every generated page that is not current; returns their paths. */
export async function writePages(): Promise<string[]> {
  const stale = (await checkPages()).map(({ file }) => file)
  const pages = await wantedPages()
  for (const file of stale) {
    const text = pages.get(file)
    if (text === undefined) rmSync(join(root, file))
    else writeFileSync(join(root, file), text)
  }
  return stale
}

/** Names the generated pages that are not current. */
export async function checkPages(): Promise<Problem[]> {
  const problems: Problem[] = []
  const pages = await wantedPages()
  for (const name of readdirSync(join(root, METHODS))) {
    const file = `${METHODS}/${name}`
    if (name.endsWith('.md') && !pages.has(file)) problems.push({ file, message: 'is of no method; run "pnpm docs".' })
  }
  for (const [file, text] of pages) {
    const path = join(root, file)
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text)
      problems.push({ file, message: 'is not current; run "pnpm docs".' })
  }
  return problems
}
