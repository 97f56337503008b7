import { checkChangesets } from '../check-packages/changesets.ts'
import { checkManifestField } from '../check-packages/manifest.ts'
import { checkShape } from '../check-packages/shape.ts'
import { checkLinks } from '../docs/links.ts'
import { checkPages } from '../docs/pages.ts'
import { checkLines } from '../lines/check.ts'
import { type Problem, publishedPackages } from '../workspace/packages.ts'
import { prepare, root } from '../workspace/prepare.mjs'
import { checkPublint, checkTypesOfPackages } from './published.ts'
import { type Gate, tool } from './run.ts'

const format = (problems: readonly Problem[]): string[] => problems.map(({ file, message }) => `${file}: ${message}`)

async function checkPackages(): Promise<readonly string[]> {
  const packages = publishedPackages()
  const fields = await Promise.all(packages.map(checkManifestField))
  return format([...packages.flatMap(checkShape), ...fields.flat(), ...checkChangesets(root, packages)])
}

async function build(): Promise<readonly string[]> {
  await prepare('all')
  return []
}

// With declarations, since `isolatedDeclarations` only speaks when they are written.
const DECLARATIONS = ['--noEmit', 'false', '--emitDeclarationOnly', '--outDir', 'node_modules/.cache/types']
const TYPES = (config: string) => tool('tsc', ['-p', config, ...DECLARATIONS])

/** Every gate, in the order in which they run: cheap ones first, then those that need the build. */
export const GATES: readonly Gate[] = [
  {
    name: 'lint',
    about: 'format, boundaries and rules (Biome)',
    run: () => tool('biome', ['ci', '--colors=off', '--error-on-warnings', '.']),
  },
  {
    name: 'types',
    about: 'the whole repository, and with the names of browsers what runs there (tsc)',
    run: async () => [...(await TYPES('.')), ...(await TYPES('tsconfig.web.json'))],
  },
  { name: 'lines', about: 'lengths of files and functions', run: async () => format(checkLines(root).problems) },
  { name: 'packages', about: 'manifests, files, READMEs, changesets', run: checkPackages },
  {
    name: 'docs',
    about: 'links and generated pages',
    run: async () => format([...checkLinks(root), ...(await checkPages())]),
  },
  { name: 'unused', about: 'files, exports and dependencies (knip)', run: () => tool('knip', ['--no-config-hints']) },
  { name: 'build', about: 'every package (turbo, tsup)', run: build },
  { name: 'publint', about: 'published manifests', run: () => checkPublint(publishedPackages()) },
  { name: 'attw', about: 'published types', run: () => checkTypesOfPackages(publishedPackages()) },
  { name: 'size', about: 'bundles (size-limit)', run: () => tool('size-limit', []) },
]
