/** Drafters of the command line that fail, in its own process: nobody's drafters fail on demand. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Draft, Drafter } from '@foretoken/core'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { createProgram } from './program.ts'

let folder = ''
let output = ''
let notes = ''

vi.mock('./methods.ts', async (original) => {
  const known = await original<typeof import('./methods.ts')>()
  const like = (draft: Drafter['draft'], name: string): (() => Drafter) => {
    return () => {
      const sound = promptLookup()
      return { ...sound, draft, manifest: { ...sound.manifest, name } }
    }
  }
  const point = { kind: 'point-mass' } as const
  const throwing = (): never => {
    throw new Error('no luck')
  }
  const silent = (): Promise<Draft> => new Promise(() => {})
  const empty = (): Draft => ({ tokens: new Int32Array(0), q: point })
  const deep = (room: number): Draft => ({ tokens: new Int32Array(room + 1), q: point })
  const wide = (): Draft => ({ tokens: new Int32Array(5000), parents: new Int32Array(5000).fill(-1), q: point })
  const dishonest = (): Draft => {
    const rows = new Float32Array(4096)
    rows.set([1.5, -0.5])
    return { tokens: Int32Array.of(0), q: { kind: 'dense', rows } }
  }
  const drafters = Object.entries({ throwing, silent, empty, deep, wide, dishonest })
  const failing = drafters.map(([name, draft]) => [name, { create: like(draft, name) }])
  const suffix = { create: like(throwing, 'throwing'), isAutomatic: true }
  return { ...known, DRAFTERS: { ...known.DRAFTERS, suffix, ...Object.fromEntries(failing) } }
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foretoken-failing-'))
  vi.stubEnv('FORETOKEN_CACHE', folder)
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text)
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    notes += String(text)
    return true
  })
})
afterAll(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  output = ''
  notes = ''
})

async function run(drafter: string, ...args: string[]): Promise<string> {
  output = ''
  const all = ['run', '--drafter', drafter, '--patience', '50', '--max-tokens', '12', ...args, 'Once upon a time']
  await createProgram().parseAsync(all, { from: 'user' })
  return output
}
const json = async (drafter: string, ...args: string[]) => JSON.parse(await run(drafter, '--json', ...args))

it.each([
  ['throwing', /^capped\(throwing, 3\) failed after 0 tokens: no luck; the rest was decoded plainly$/],
  [
    'silent',
    /^capped\(silent, 3\) failed after 0 tokens: draft did not answer within 50 ms; the rest was decoded plainly$/,
  ],
  ['auto', /^throwing was left out: it failed: no luck$/],
])('goes on plainly without %s, and says so', async (drafter, message) => {
  const plain = await json('none')
  expect(plain).not.toHaveProperty('draftingFailures')
  const told = await json(drafter, '--draft-tokens', '3')
  expect(told.tokenIds).toEqual(plain.tokenIds)
  expect(told.draftingFailures).toEqual([expect.stringMatching(message)])
  if (drafter !== 'auto') expect(told.stats.draftingFailure.reason).toMatch(/no luck|did not answer/)
  expect(await run(drafter)).toContain(plain.text)
  expect(notes).toContain(told.draftingFailures[0])
})

it('takes empty drafts for plain rounds', async () => {
  const told = await json('empty')
  expect(told.stats).toMatchObject({ drafted: 0, meanAcceptanceLength: 1 })
  expect(told).not.toHaveProperty('draftingFailures')
})

it.each([
  ['deep', ['--max-tokens', '3'], 'INVALID_DRAFT', /deep.* drafted 3 levels; expected at most 2/],
  ['wide', [], 'INVALID_DRAFT', /wide.* drafted 5000 nodes; expected at most \d+, since a step has that many rows/],
  ['dishonest', ['--temperature', '1'], 'DISHONEST_DRAFT', /dishonest/],
] as const)('refuses what %s drafts by name', async (drafter, args, code, message) => {
  await expect(run(drafter, ...args, '--draft-tokens', '64')).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  })
})

it('holds real trees to the room that is left', async () => {
  for (const drafter of ['token-recycling', 'aded', 'recursive-tree', 'iid-chains', 'lookahead']) {
    const options = ['--draft-model', 'stories-draft', '--draft-tokens', '64', '--verifier', 'exact-match']
    const { tokenIds } = await json(drafter, '--max-tokens', '3', ...options)
    expect(tokenIds, drafter).toHaveLength(3)
  }
})
