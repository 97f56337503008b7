import { expect, it } from 'vitest'
import { checkComposition } from '../spec/composition.ts'
import { compositionNames, readCompositions } from '../spec/compositions.ts'
import { KNOWN } from '../spec/registry.ts'
import { identicalPairs } from './pairs.ts'

const drafting = { method: 'draft-model', draftModel: 'stories-draft' }
const one = checkComposition(
  {
    name: 'one',
    about: 'A draft model.',
    drafter: drafting,
    verifier: { method: 'exact-match' },
    variants: [
      { temperature: 1, verifier: { method: 'speculative-sampling' } },
      { temperature: 2, drafter: { ...drafting, cap: 2 } },
    ],
  },
  'one',
  KNOWN,
)

it('takes every lossless verifier at temperature 0, and exact-match alone above', async () => {
  expect((await identicalPairs([one], 0)).map(({ name }) => name)).toEqual([
    'one + exact-match',
    'one + speculative-sampling',
    'one + exact-match, 2',
  ])
  expect((await identicalPairs([one], 1)).map(({ name }) => name)).toEqual([
    'one + exact-match',
    'one + exact-match, 2',
  ])
})

it('leaves lossy verifiers out and counts equal pairs once', async () => {
  const lossy = { ...one, name: 'lossy', verifier: { method: 'typical', options: {} }, variants: [] }
  expect(await identicalPairs([lossy], 0)).toEqual([])
  expect(await identicalPairs([one, { ...one, name: 'again' }], 0)).toHaveLength(3)
})

it('lets another draft model stand in, but not where texts are translated', async () => {
  const translated = checkComposition(
    {
      name: 'text',
      about: 'Text.',
      drafter: { ...drafting, method: 'retokenized' },
      verifier: { method: 'exact-match' },
    },
    'text',
    KNOWN,
  )
  const pairs = await identicalPairs([one, translated], 1, 'smollm2-draft')
  expect(pairs.map(({ drafter }) => drafter.draftModel)).toEqual(['smollm2-draft', 'smollm2-draft', 'stories-draft'])
})

it('finds pairs in every lossless composition of the repository', async () => {
  const names = await compositionNames()
  const pairs = await identicalPairs(await readCompositions(names), 0)
  const seen = new Set(pairs.map(({ name }) => name.split(' + ')[0]))
  const left = names.filter((name) => !seen.has(name))
  // Lossy ones; and what only limits another composition is that one's twin.
  expect(left).toEqual(['entropy-switch', 'tolerance', 'typical'])
})
