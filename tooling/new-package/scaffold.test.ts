import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { pendingPackages } from '../check-packages/changesets.ts'
import { checkManifestField } from '../check-packages/manifest.ts'
import { checkShape } from '../check-packages/shape.ts'
import { readPackage } from '../workspace/packages.ts'
import { complaint, KINDS, rename, scaffold } from './scaffold.ts'

// Inside this package, so that the scaffold's imports of core and testkit resolve. The templates are sources like any
// other: they are linted, type-checked and their tests run where they lie.
const root = join(import.meta.dirname, '.scaffold')
beforeEach(() => {
  mkdirSync(root, { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true }))

it.each(KINDS)('writes a %s that passes the checks of packages', async (kind) => {
  const files = scaffold(root, kind, 'my-own-method')
  const unit = readPackage(root, `packages/${kind}s/my-own-method`)
  expect(checkShape(unit)).toEqual([])
  expect(await checkManifestField(unit)).toEqual([])
  expect(pendingPackages(root)).toEqual(new Set([`@foretoken/${kind}-my-own-method`]))
  for (const file of files) expect(readFileSync(join(root, file), 'utf8')).not.toMatch(/template.?method/i)
  expect(existsSync(join(unit.path, 'src', `${kind}.contract.test.ts`))).toBe(true)
})

it('renames every spelling', () => {
  expect(rename('template-method templateMethod TemplateMethodOptions', 'my-own')).toBe('my-own myOwn MyOwnOptions')
})

it('refuses what it cannot write', () => {
  expect(complaint(root, 'drafters', 'x')).toBe('"drafters" is no kind of method. Kinds: drafter, verifier, sampler.')
  expect(complaint(root, 'drafter', 'MyMethod')).toContain('"MyMethod" is no name for a method')
  expect(complaint(root, 'drafter', undefined)).toContain('is no name for a method')
  scaffold(root, 'drafter', 'mine')
  expect(complaint(root, 'drafter', 'mine')).toBe('packages/drafters/mine is there already.')
  expect(complaint(root, 'sampler', 'mine')).toBeUndefined()
})
