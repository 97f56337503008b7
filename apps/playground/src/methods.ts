import type { LoadedModel } from '@foretoken/backend-web'
import { type CostCurve, controller } from '@foretoken/controller'
import { capped, type Drafter, type Verifier } from '@foretoken/core'
import { draftModel } from '@foretoken/drafter-draft-model'
import { lookahead } from '@foretoken/drafter-lookahead'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { suffix } from '@foretoken/drafter-suffix'
import { tokenRecycling } from '@foretoken/drafter-token-recycling'
import { block } from '@foretoken/verifier-block'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { recursiveRejection } from '@foretoken/verifier-recursive-rejection'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { typical } from '@foretoken/verifier-typical'
import type { Settings } from './settings.ts'

/** What drafters are made from. */
export interface Models {
  readonly target: LoadedModel
  readonly draft: LoadedModel
  /** What steps of the target cost here, once that was measured. */
  readonly costs?: CostCurve
}

const bytesOf =
  ({ tokenizer }: LoadedModel) =>
  (token: number) =>
    tokenizer.tokenBytes(token)

const drafting = ({ target, draft }: Models, temperature: number): Drafter =>
  draftModel({ model: draft.model, temperature, tokenBytes: { draft: bytesOf(draft), target: bytesOf(target) } })

/** The drafters by name. */
export const DRAFTERS: Readonly<Record<string, (models: Models, temperature: number) => Drafter>> = {
  'draft-model': drafting,
  'prompt-lookup': () => promptLookup(),
  suffix: () => suffix(),
  lookahead: () => lookahead(),
  'token-recycling': () => tokenRecycling(),
  auto: (models, temperature) =>
    controller({
      drafters: [promptLookup(), suffix(), tokenRecycling(), drafting(models, temperature)],
      costs: models.costs,
    }),
}

/** The verifiers by name. */
export const VERIFIERS: Readonly<Record<string, () => Verifier>> = {
  'speculative-sampling': speculativeSampling,
  'exact-match': exactMatch,
  block,
  'recursive-rejection': recursiveRejection,
  typical: () => typical(),
}

/** The drafter and verifier of these settings. The drafter is the caller's to dispose. */
export function methodsOf(
  models: Models,
  settings: Settings,
): { readonly drafter: Drafter; readonly verifier: Verifier } {
  const { drafter, verifier, draftTokens, temperature } = settings
  // Exact matching accepts the mode most often; rejection wants a draft drawn as the target draws.
  const made = DRAFTERS[drafter]!(models, verifier === 'exact-match' ? 0 : temperature)
  // The controller decides on lengths itself.
  return { drafter: drafter === 'auto' ? made : capped(made, draftTokens), verifier: VERIFIERS[verifier]!() }
}
