import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { foretoken } from './child.ts'

let folder = ''
const file = (name: string): string => join(folder, name)
const run = (drafter: string, memory: string, ...args: string[]) =>
  foretoken(folder, [
    'run',
    '--json',
    '--drafter',
    drafter,
    '--verifier',
    'exact-match',
    '--max-tokens',
    '40',
    '--memory',
    memory,
    ...args,
    'Once upon a time',
  ])

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foretoken-memory-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.each(['suffix', 'token-recycling', 'aded'])('the memory of %s', (drafter) => {
  it('is kept from run to run, and drafts more the second time', async () => {
    const [first, second] = [await run(drafter, file(drafter)), await run(drafter, file(drafter))]
    expect(second.code, second.stderr).toBe(0)
    const [before, after] = [JSON.parse(first.stdout), JSON.parse(second.stdout)]
    expect(after.tokenIds).toEqual(before.tokenIds)
    expect(after.stats.accepted).toBeGreaterThan(before.stats.accepted)
  })

  it('is refused with its file and what to do when it was damaged', async () => {
    const bytes = await readFile(file(drafter))
    bytes[bytes.length >> 1]! ^= 1
    for (const [name, damaged] of [
      ['changed', bytes],
      ['cut', bytes.subarray(0, bytes.length - 4)],
    ] as const) {
      const memory = file(`${drafter}-${name}`)
      await writeFile(memory, damaged)
      const { code, stdout, stderr } = await run(drafter, memory)
      expect(code).toBe(1)
      expect(stdout).toBe('')
      expect(stderr).toMatch(/BAD_CHECKSUM --memory .* is damaged: /)
      expect(stderr).toContain(memory)
      expect(stderr).toContain('Delete the file to begin anew, or name another one.')
      // Nothing is written over what somebody may still want.
      expect(await readFile(memory)).toEqual(Buffer.from(damaged))
    }
  })
})

it('is refused where it is of another drafter, another vocabulary, or of nobody', async () => {
  const cases: [string, string, RegExp][] = [
    ['aded', file('suffix'), /BAD_OPTION --memory .*trigram table does not begin as one/],
    [
      'prompt-lookup',
      file('none'),
      /BAD_OPTION .*"--memory" stands beside --drafter prompt-lookup; expected one of auto, suf/,
    ],
    ['suffix', join(folder, 'no', 'such', 'folder'), /STORAGE_FAILED/],
    ['suffix', folder, /NOT_FOUND/],
  ]
  for (const [drafter, memory, message] of cases) {
    const { code, stderr } = await run(drafter, memory)
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
  }
})

// What auto drafts depends on what steps cost this machine; what its suffixes learn does not.
it('is read and kept by auto for its suffixes', async () => {
  const { code, stderr } = await run('auto', file('auto'))
  expect(code, stderr).toBe(0)
  const accepted = async (memory: string) => JSON.parse((await run('suffix', file(memory))).stdout).stats.accepted
  expect(await accepted('auto')).toBeGreaterThan(await accepted('nothing-yet'))
  const damaged = await run('auto', file('suffix-changed'))
  expect(damaged.code).toBe(1)
  expect(damaged.stderr).toMatch(/BAD_CHECKSUM --memory .* is damaged: /)
})
