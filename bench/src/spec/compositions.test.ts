import { expect, it } from 'vitest'
import { partsAt } from './composition.ts'
import { compositionNames, readCompositions } from './compositions.ts'
import { buildVerifier } from './registry.ts'

it('reads every composition of the repository, and its verifiers take their options', async () => {
  const compositions = await readCompositions(await compositionNames())
  expect(compositions.length).toBeGreaterThan(0)
  for (const composition of compositions) {
    for (const temperature of [0, 1]) {
      const parts = partsAt(composition, temperature)
      if (parts) expect((await buildVerifier(parts.verifier)).manifest.kind).toBe('verifier')
    }
  }
})

it('names the known ones where there is none', async () => {
  await expect(readCompositions(['no-such'])).rejects.toMatchObject({
    code: 'NOT_FOUND',
    fix: expect.stringContaining('prompt-lookup'),
  })
})
