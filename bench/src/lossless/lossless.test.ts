import { ForetokenError, type Verifier } from '@foretoken/core'
import { lawDistance } from '@foretoken/testkit'
import { block } from '@foretoken/verifier-block'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { kSeq } from '@foretoken/verifier-k-seq'
import { recursiveRejection } from '@foretoken/verifier-recursive-rejection'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { describe, expect, it } from 'vitest'
import { CONTEXT, type DraftKind, draftKinds } from './draft-kinds.ts'
import { jointLaw, plainJointLaw } from './joint-law.ts'

const VERIFIERS = [speculativeSampling, exactMatch, block, kSeq, recursiveRejection]
const TOKENS = 3
const EXACT = 1e-12

/** Why a pair is refused, with INVALID_DRAFT; every other pair must keep the law. */
const REFUSED: Readonly<Record<string, string>> = {
  'block, independent chains': 'it decides chains',
  'block, tree without replacement': 'it decides chains',
  'block, deterministic tree': 'it decides chains',
}

/** The same verifier, off by one in a thousand: it draws all its uniforms a little too low. */
function biased(verifier: Verifier): Verifier {
  const { verify } = verifier
  const low = 1 - 1e-3
  return {
    ...verifier,
    verify: (draft, target, draws) =>
      verify(draft, target, {
        sample: (offset) => draws.sample(offset) * low,
        accept: (offset, index) => draws.accept(offset, index) * low,
        correct: (offset) => draws.correct(offset) * low,
      }),
  }
}

const distance = async (verifier: Verifier, kind: DraftKind): Promise<number> => {
  const law = await jointLaw({ verifier, ...kind }, CONTEXT, TOKENS)
  return lawDistance(law, plainJointLaw(kind.p, CONTEXT, TOKENS))
}

for (const kind of draftKinds()) {
  describe(`${kind.shape}, ${kind.kind}, by ${kind.by}`, () => {
    it('is written with probabilities that sum to 1', async () => {
      const drafts = await kind.drafts(CONTEXT, TOKENS - 1)
      expect(Math.abs(drafts.reduce((sum, { probability }) => sum + probability, 0) - 1)).toBeLessThan(EXACT)
      expect(drafts.every(({ draft }) => draft.tokens.length > 0)).toBe(true)
      expect(drafts.every(({ draft }) => draft.q.kind === kind.kind)).toBe(true)
    })
    for (const create of VERIFIERS) {
      const verifier = create()
      const why = REFUSED[`${verifier.manifest.name}, ${kind.shape}`]
      if (why) {
        it(`is refused by ${verifier.manifest.name}: ${why}`, async () => {
          const error = await distance(verifier, kind).catch((cause: unknown) => cause)
          expect(ForetokenError.is(error) && error.code).toBe('INVALID_DRAFT')
          expect(String(error)).toContain(why)
        })
        continue
      }
      it(`keeps the law under ${verifier.manifest.name}`, async () => {
        expect(await distance(verifier, kind)).toBeLessThan(EXACT)
      })
      it(`shows a biased ${verifier.manifest.name}`, async () => {
        expect(await distance(biased(verifier), kind)).toBeGreaterThan(1e-6)
      })
    }
  })
}

it('shows recursive rejection that forgets what siblings have taken', async () => {
  const kind = draftKinds().find(({ by }) => by === 'recursive-tree, RSD-C 1 3')!
  const { verify, manifest } = recursiveRejection()
  const forgetful: Verifier = {
    manifest,
    verify: (draft, target, draws) => verify({ ...draft, siblings: 'independent' }, target, draws),
  }
  expect(await distance(forgetful, kind)).toBeGreaterThan(1e-4)
})
