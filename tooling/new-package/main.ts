// `pnpm new <kind> <method>`: one folder that passes the tests and the gates, ready to be filled in.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { writePages } from '../docs/pages.ts'
import { pnpm, root } from '../workspace/prepare.mjs'
import { complaint, type Kind, scaffold } from './scaffold.ts'

const [kind, method] = process.argv.slice(2)
const wrong = complaint(root, kind, method)
if (wrong !== undefined || method === undefined) {
  console.error(`${wrong}\nUsage: pnpm new <drafter|verifier|sampler> <method>`)
  process.exit(1)
}

const files = scaffold(root, kind as Kind, method)
const folder = `packages/${kind}s/${method}`
const bin = (name: string): string => join(root, 'node_modules', '.bin', name)
execFileSync(bin('biome'), ['check', '--write', '--colors=off', folder], { cwd: root, stdio: 'ignore' })
await pnpm('Installing', ['install', '--prefer-offline', '--no-frozen-lockfile'])
await writePages()

console.log(`Wrote\n${files.map((file) => `  ${file}`).join('\n')}\n`)
console.log(
  `Next: npx vitest ${folder}, then fill in ${folder}/src/${kind}.ts and its README. CONTRIBUTING.md has the steps.`,
)
