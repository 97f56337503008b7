import type { LoadedModel } from '@foretoken/backend-web'
import type { CostCurve } from '@foretoken/controller'
import { capped, type Drafter, type LogitsProcessor, type Manifest, type Verifier } from '@foretoken/core'
import { draftModel, manifest as draftModelManifest } from '@foretoken/drafter-draft-model'
import { layerSkip, manifest as layerSkipManifest } from '@foretoken/drafter-layer-skip'
import { lookahead, manifest as lookaheadManifest } from '@foretoken/drafter-lookahead'
import { type NgramTable, ngram, manifest as ngramManifest } from '@foretoken/drafter-ngram'
import { pearl, manifest as pearlManifest } from '@foretoken/drafter-pearl'
import { promptLookup, manifest as promptLookupManifest } from '@foretoken/drafter-prompt-lookup'
import { suffix, manifest as suffixManifest } from '@foretoken/drafter-suffix'
import { tokenRecycling, manifest as tokenRecyclingManifest } from '@foretoken/drafter-token-recycling'
import { minP } from '@foretoken/sampler-min-p'
import { topK } from '@foretoken/sampler-top-k'
import { topP } from '@foretoken/sampler-top-p'
import { typical as locallyTypical } from '@foretoken/sampler-typical'
import { block } from '@foretoken/verifier-block'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { recursiveRejection } from '@foretoken/verifier-recursive-rejection'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { typical } from '@foretoken/verifier-typical'
import { pageController, pageNgrams } from './page-drafting.ts'
import type { Settings } from './settings.ts'

/** What drafters are made from. */
export interface Models {
  readonly target: LoadedModel
  readonly draft: LoadedModel
  /** What the target mostly says, where the page has it. */
  readonly ngrams?: NgramTable | undefined
  /** What steps of the target cost here, once that was measured. */
  readonly costs?: CostCurve
}

interface DrafterEntry {
  /** Of methods by others than the controller. */
  readonly manifest?: Manifest
  /** Drafts with the model that drafts, whose tokens must be the target's. */
  readonly usesDraft?: boolean
  create(models: Models, temperature: number): Drafter
}

const bytesOf =
  ({ tokenizer }: LoadedModel) =>
  (token: number) =>
    tokenizer.tokenBytes(token)

const parts = ({ target, draft }: Models, temperature: number) => ({
  model: draft.model,
  temperature,
  tokenBytes: { draft: bytesOf(draft), target: bytesOf(target) },
})

const drafting = (models: Models, temperature: number): Drafter => draftModel(parts(models, temperature))

/** Whether the model that drafts has as many tokens as the target. */
export const hasDraft = ({ target, draft }: Models): boolean =>
  target.model.vocabularySize === draft.model.vocabularySize

/** What the target mostly says stands in for suffixes where it is known. */
function free({ target, ngrams }: Models): Drafter {
  const canTell = ngrams !== undefined && ngramManifest.requires.every((each) => target.model.supports.has(each))
  return canTell ? pageNgrams(ngrams) : suffix()
}

/** The drafters by name. */
export const DRAFTERS: Readonly<Record<string, DrafterEntry>> = {
  'draft-model': { manifest: draftModelManifest, usesDraft: true, create: drafting },
  pearl: {
    manifest: pearlManifest,
    usesDraft: true,
    create: (models, temperature) => pearl(parts(models, temperature)),
  },
  'prompt-lookup': { manifest: promptLookupManifest, create: () => promptLookup() },
  suffix: { manifest: suffixManifest, create: () => suffix() },
  ngram: { manifest: ngramManifest, create: ({ ngrams }) => ngram({ table: ngrams }) },
  lookahead: { manifest: lookaheadManifest, create: () => lookahead() },
  'token-recycling': { manifest: tokenRecyclingManifest, create: () => tokenRecycling() },
  'layer-skip': { manifest: layerSkipManifest, create: (_, temperature) => layerSkip({ temperature }) },
  auto: {
    create: (models, temperature) =>
      pageController([free(models), ...(hasDraft(models) ? [drafting(models, temperature)] : [])], models.costs),
  },
}

/** The verifiers by name. */
export const VERIFIERS: Readonly<Record<string, () => Verifier>> = {
  'speculative-sampling': speculativeSampling,
  'exact-match': exactMatch,
  block,
  'recursive-rejection': recursiveRejection,
  typical: () => typical(),
}

/** What of the target’s law is kept, by name. */
export const SAMPLERS: Readonly<Record<string, () => readonly LogitsProcessor[]>> = {
  'whole law': () => [],
  'top-k 40': () => [topK(40)],
  'top-p 0.9': () => [topP(0.9)],
  'min-p 0.05': () => [minP(0.05)],
  'typical 0.95': () => [locallyTypical(0.95)],
}

/** The parts that these settings name. The drafter is the caller's to dispose. */
export function methodsOf(
  models: Models,
  settings: Settings,
): { readonly drafter: Drafter; readonly verifier: Verifier } {
  const { drafter, verifier, draftTokens, temperature } = settings
  // Exact matching accepts the mode most often; rejection wants a draft drawn as the target draws.
  const made = DRAFTERS[drafter]!.create(models, verifier === 'exact-match' ? 0 : temperature)
  // The controller decides on lengths itself.
  return { drafter: drafter === 'auto' ? made : capped(made, draftTokens), verifier: VERIFIERS[verifier]!() }
}
