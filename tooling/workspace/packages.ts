import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolders, root } from './prepare.mjs'

/** The fields of a `package.json` that the checks read. */
export interface PackageJson {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly description?: string
  readonly license?: string
  readonly type?: string
  readonly sideEffects?: unknown
  readonly keywords?: readonly string[]
  readonly repository?: { readonly directory?: string }
  readonly exports?: Readonly<Record<string, unknown>>
  readonly files?: readonly string[]
  readonly engines?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly foretoken?: { readonly kind?: string; readonly method?: string; readonly paper?: string }
}

export interface Package {
  /** Relative to the root, with forward slashes: `packages/drafters/prompt-lookup`. */
  readonly folder: string
  /** Absolute. */
  readonly path: string
  readonly json: PackageJson
}

/** A rule that is broken: where, and what to do. */
export interface Problem {
  readonly file: string
  readonly message: string
}

/** Every package of the workspace. */
export function listPackages(): Package[] {
  return packageFolders().map((folder) => readPackage(root, folder))
}

/** The packages that are published. */
export function publishedPackages(): Package[] {
  return listPackages().filter(({ json }) => json.private !== true)
}

export function readPackage(base: string, folder: string): Package {
  const path = join(base, folder)
  return { folder, path, json: JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as PackageJson }
}

/** Files below a folder, relative to it with forward slashes, sorted; build outputs and dependencies left out. */
export function listFiles(path: string): string[] {
  if (!existsSync(path)) return []
  const found: string[] = []
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue
    if (entry.isDirectory()) found.push(...listFiles(join(path, entry.name)).map((file) => `${entry.name}/${file}`))
    else found.push(entry.name)
  }
  return found.sort()
}
