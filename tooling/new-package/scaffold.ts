import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { listFiles } from '../workspace/packages.ts'

export const KINDS = ['drafter', 'verifier', 'sampler'] as const
export type Kind = (typeof KINDS)[number]

const TEMPLATES = join(import.meta.dirname, 'templates')
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

/** `my-method` as `myMethod`. */
const camelCase = (method: string): string => method.replace(/-(.)/g, (_, letter) => letter.toUpperCase())

/** Puts the method's name in the place of the template's, in each of its spellings. */
export function rename(text: string, method: string): string {
  const name = camelCase(method)
  const typeName = name.charAt(0).toUpperCase() + name.slice(1)
  return text
    .replaceAll('template-method', method)
    .replaceAll('templateMethod', name)
    .replaceAll('TemplateMethod', typeName)
}

function manifestOf(kind: Kind, method: string): string {
  const readme = readFileSync(join(TEMPLATES, kind, 'README.md'), 'utf8')
  const fields = {
    name: `@foretoken/${kind}-${method}`,
    version: '0.0.0',
    description: readme.split('\n')[2],
    license: 'Apache-2.0',
    type: 'module',
    sideEffects: false,
    foretoken: { kind, method },
    keywords: ['foretoken', 'foretoken-plugin'],
    repository: {
      type: 'git',
      url: 'git+https://github.com/foretoken/foretoken.git',
      directory: `packages/${kind}s/${method}`,
    },
    exports: {
      '.': { '@foretoken/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
    },
    files: ['dist', 'src', '!src/**/*.test.ts', '!src/**/*.test-d.ts'],
    engines: { node: '>=20.19.0' },
    scripts: { build: 'tsup' },
    peerDependencies: { '@foretoken/core': 'workspace:^' },
    devDependencies: { '@foretoken/core': 'workspace:*', '@foretoken/testkit': 'workspace:*' },
    publishConfig: { access: 'public' },
  }
  return `${JSON.stringify(fields, null, 2)}\n`
}

/** Says what is wrong with the arguments of `pnpm new`; undefined when nothing is. */
export function complaint(root: string, kind: string | undefined, method: string | undefined): string | undefined {
  if (!KINDS.includes(kind as Kind)) return `"${kind ?? ''}" is no kind of method. Kinds: ${KINDS.join(', ')}.`
  if (method === undefined || !NAME.test(method)) {
    return `"${method ?? ''}" is no name for a method. Use lower-case words joined by hyphens: prompt-lookup.`
  }
  const folder = `packages/${kind}s/${method}`
  return existsSync(join(root, folder)) ? `${folder} is there already.` : undefined
}

/** Writes a new method's package and its changeset below `root`; returns their files, relative to it. */
export function scaffold(root: string, kind: Kind, method: string): string[] {
  const folder = `packages/${kind}s/${method}`
  const files = new Map<string, string>()
  for (const file of listFiles(join(TEMPLATES, kind))) {
    files.set(`${folder}/${file}`, rename(readFileSync(join(TEMPLATES, kind, file), 'utf8'), method))
  }
  files.set(`${folder}/package.json`, manifestOf(kind, method))
  files.set(
    `${folder}/tsup.config.ts`,
    "import { library } from '../../../tooling/tsup/config.ts'\n\nexport default library()\n",
  )
  files.set(
    `.changeset/${kind}-${method}.md`,
    `---\n'@foretoken/${kind}-${method}': minor\n---\n\nAdds the ${kind} \`${method}\`.\n`,
  )
  for (const [file, text] of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  return [...files.keys()]
}
