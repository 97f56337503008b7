import { loadModel } from '@foretoken/backend-node'
import { ngramsOf } from '@foretoken/checkpoint/node'
import { measureCosts } from '@foretoken/controller'
import { type Drafter, ForetokenError, type Verifier } from '@foretoken/core'
import { prepared } from '../model.ts'
import { partsAt } from './composition.ts'
import { readCompositions } from './compositions.ts'
import { buildDrafter, buildVerifier, type LoadedModel } from './registry.ts'

/** Builds a greedy composition by name for a process that ends with it. @throws NOT_FOUND, BAD_OPTION */
export async function composed(
  name: string,
  target: LoadedModel,
  model: string,
): Promise<{ drafter: Drafter; verifier: Verifier }> {
  const [composition] = await readCompositions([name])
  const parts = composition && partsAt(composition, 0)
  if (!parts) {
    throw new ForetokenError('BAD_OPTION', `The composition ${name} is not measured at temperature 0.`, {
      fix: 'Choose one whose "only" holds 0, or that has no "only".',
    })
  }
  const drafter = await buildDrafter(parts.drafter, {
    target,
    async draftModel(small) {
      const { folder, tokenizer, info } = await prepared({ model: small })
      const draft = await loadModel(folder, { threads: 1, worker: false })
      return { model: draft, tokenizer, headTokens: info.architecture.headTokens }
    },
    ngrams: () => ngramsOf(model),
    costs: () => measureCosts(target.model, { wants: 'argmax' }),
  })
  return { drafter, verifier: await buildVerifier(parts.verifier) }
}
