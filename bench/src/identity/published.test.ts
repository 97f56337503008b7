import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { publishIdentity, readIdentity, withTrials } from './published.ts'
import type { Trial } from './summary.ts'

const setting = { model: 'm', tokens: 128, seed: 0 }
const trial: Trial = {
  temperature: 0,
  id: 2,
  category: 'qa',
  name: 'a + exact-match',
  drafter: 'a',
  verifier: 'exact-match',
  commit: 'c1',
  tokens: 10,
  rounds: 4,
  drafted: 9,
  accepted: 6,
}

it('adds questions to a pair, each once', () => {
  const once = withTrials([], [trial, { ...trial, id: 1 }], setting)
  const [row] = withTrials(once, [trial, { ...trial, id: 3, commit: 'c0' }], setting)
  expect(row).toMatchObject({ questions: [1, 2, 3], written: 30, rounds: 12, commits: ['c0', 'c1'], drafter: 'a' })
})

it('has no row of a pair that differed once, before or now', () => {
  const rows = withTrials([], [trial, { ...trial, name: 'b' }], setting)
  const left = withTrials(rows, [{ ...trial, id: 5, differsAt: 7 }], setting)
  expect(left.map(({ name }) => name)).toEqual(['b'])
})

it('keeps rows of other settings in the file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-identity-'))
  const file = join(folder, 'identity.jsonl')
  try {
    expect(await readIdentity(setting, file)).toEqual([])
    await publishIdentity([trial], { ...setting, seed: 1 }, file)
    await publishIdentity([trial], setting, file)
    await publishIdentity([{ ...trial, temperature: 1 }], setting, file)
    expect((await readIdentity(undefined, file)).map(({ seed, temperature }) => [seed, temperature])).toEqual([
      [1, 0],
      [0, 0],
      [0, 1],
    ])
    expect(await readIdentity(setting, file)).toHaveLength(2)
  } finally {
    await rm(folder, { recursive: true })
  }
})
