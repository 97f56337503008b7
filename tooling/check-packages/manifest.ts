import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Package, Problem } from '../workspace/packages.ts'
import { methodKind } from './shape.ts'

/** A manifest as the checks see it. */
export interface ManifestLike {
  readonly specVersion: number
  readonly kind: string
  readonly name: string
  readonly paper?: {
    readonly title: string
    readonly authors: string
    readonly year: number
    readonly url: string
    readonly section?: string
  }
  readonly requires: readonly string[]
  readonly guarantee?: string
  readonly changes?: string
}

function isManifest(value: unknown): value is ManifestLike {
  return typeof value === 'object' && value !== null && 'specVersion' in value && 'requires' in value && 'kind' in value
}

/** The manifests that a method package exports, its `manifest` first. */
export async function readManifests(unit: Package): Promise<ManifestLike[]> {
  const exports = (await import(pathToFileURL(join(unit.path, 'src/index.ts')).href)) as Record<string, unknown>
  const named = Object.entries(exports).filter((entry): entry is [string, ManifestLike] => isManifest(entry[1]))
  return named.sort(([a], [b]) => Number(b === 'manifest') - Number(a === 'manifest')).map(([, manifest]) => manifest)
}

/** Checks that `package.json` repeats what the exported manifest says. Code is the source. */
export async function checkManifestField(unit: Package): Promise<Problem[]> {
  const kind = methodKind(unit.folder)
  if (kind === undefined) return []
  const manifests = await readManifests(unit)
  const [manifest] = manifests
  if (manifest === undefined) return [{ file: unit.folder, message: 'src/index.ts must export its `manifest`.' }]
  const problems: string[] = []
  const field = unit.json.foretoken
  const kinds = kind === 'sampler' ? ['sampler', 'processor'] : [kind]
  for (const { name, kind: declared } of manifests) {
    if (!kinds.includes(declared))
      problems.push(`The manifest "${name}" is a ${declared}, but the folder holds ${kind}s.`)
  }
  if (manifests.length === 1 && manifest.name !== field?.method) {
    problems.push(`The manifest's name is "${manifest.name}", but "foretoken.method" is "${field?.method}".`)
  }
  const urls = manifests.map(({ paper }) => paper?.url)
  if (!urls.includes(field?.paper)) {
    problems.push(`"foretoken.paper" is ${field?.paper}, but the manifest cites ${manifest.paper?.url}.`)
  }
  if (kind === 'verifier' && manifest.guarantee === undefined) problems.push('A verifier must state its guarantee.')
  if (manifest.guarantee === 'lossy' && !manifest.changes) problems.push('A lossy verifier must say what changes.')
  return problems.map((message) => ({ file: unit.folder, message }))
}
