import type { Constraint } from '@foretoken/constraint'
import { badOption, type Drafter, type Verifier } from '@foretoken/core'
import { aded } from '@foretoken/drafter-aded'
import { aggressiveInput } from '@foretoken/drafter-aggressive-input'
import { draftModel } from '@foretoken/drafter-draft-model'
import { acceptAll, entropySwitch } from '@foretoken/drafter-entropy-switch'
import { forced } from '@foretoken/drafter-forced'
import { iidChains } from '@foretoken/drafter-iid-chains'
import { layerSkip } from '@foretoken/drafter-layer-skip'
import { lookahead } from '@foretoken/drafter-lookahead'
import { type NgramTable, ngram } from '@foretoken/drafter-ngram'
import { pearl } from '@foretoken/drafter-pearl'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { recursiveTree } from '@foretoken/drafter-recursive-tree'
import { retokenized } from '@foretoken/drafter-retokenized'
import { suffix } from '@foretoken/drafter-suffix'
import { tokenRecycling } from '@foretoken/drafter-token-recycling'
import { block } from '@foretoken/verifier-block'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { kSeq } from '@foretoken/verifier-k-seq'
import { recursiveRejection } from '@foretoken/verifier-recursive-rejection'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { tolerance } from '@foretoken/verifier-tolerance'
import { typical } from '@foretoken/verifier-typical'
import type { Loaded } from './load.ts'
import type { Memory } from './memory.ts'

/** What drafters may need. */
export interface DrafterParts {
  readonly target: Loaded
  /** The model that drafts; loaded for methods that need one. */
  readonly draft: Loaded | undefined
  /** What the text is held to. */
  readonly constraint: Constraint | undefined
  /** Of drafts that are drawn. */
  readonly temperature: number
  /** What the target mostly says; nothing where no installed package has it. */
  readonly ngrams: NgramTable | undefined
  /** What earlier runs left for drafters that can remember. */
  readonly memory: Memory | undefined
}

interface DrafterEntry {
  readonly create: (parts: DrafterParts) => Drafter
  /** Needs a model that drafts. */
  readonly needsModel?: boolean
  /** Needs a target whose sub-layers can be skipped. */
  readonly needsSkipping?: boolean
  /** One of those that `auto` chooses among, where the target supports it. */
  readonly isAutomatic?: boolean
}

/** The drafters known by name. */
export const DRAFTERS: Readonly<Record<string, DrafterEntry>> = {
  forced: { create: draftWhatIsForced },
  'prompt-lookup': { create: () => promptLookup() },
  suffix: { create: ({ memory }) => suffix(memory?.pool && { pool: memory.pool }), isAutomatic: true },
  ngram: { create: ({ ngrams }) => ngram({ table: ngrams }) },
  'token-recycling': { create: ({ memory }) => tokenRecycling(memory?.adjacency && { table: memory.adjacency }) },
  'draft-model': { create: draftWithModel, needsModel: true, isAutomatic: true },
  pearl: {
    create: ({ draft, temperature }) => pearl({ model: (draft as Loaded).model, temperature }),
    needsModel: true,
  },
  retokenized: { create: draftAsText, needsModel: true },
  'recursive-tree': {
    create: ({ draft, temperature }) => recursiveTree({ model: (draft as Loaded).model, temperature }),
    needsModel: true,
  },
  'iid-chains': {
    // Chains are drawn: at temperature 0 they are drawn at 1, and matched.
    create: ({ draft, temperature }) =>
      iidChains({ model: (draft as Loaded).model, ...(temperature > 0 && { temperature }) }),
    needsModel: true,
  },
  'entropy-switch': {
    create: ({ draft, temperature }) => entropySwitch({ model: (draft as Loaded).model, temperature }).drafter,
    needsModel: true,
  },
  'aggressive-input': { create: () => aggressiveInput() },
  lookahead: { create: () => lookahead() },
  aded: { create: ({ memory }) => aded(memory?.trigrams && { table: memory.trigrams }) },
  'layer-skip': { create: ({ temperature }) => layerSkip({ temperature }), needsSkipping: true },
}

/** The verifiers known by name. */
export const VERIFIERS: Readonly<Record<string, () => Verifier>> = {
  'speculative-sampling': speculativeSampling,
  'exact-match': exactMatch,
  block,
  'k-seq': kSeq,
  'recursive-rejection': recursiveRejection,
  typical: () => typical(),
  tolerance: () => tolerance(),
  'accept-all': acceptAll,
}

function draftWithModel({ target, draft, temperature }: DrafterParts): Drafter {
  const bytesOf = (loaded: Loaded) => (token: number) => loaded.tokenizer.tokenBytes(token)
  const { model, prepared } = draft as Loaded
  const vocabulary = prepared.info.architecture.headTokens
  const tokenBytes = { draft: bytesOf(draft as Loaded), target: bytesOf(target) }
  return draftModel({ model, temperature, tokenBytes, vocabulary })
}

/** Drawn drafts share tokens; others share text. */
function draftAsText({ target, draft, temperature }: DrafterParts): Drafter {
  const { model, tokenizer } = draft as Loaded
  const tokenizers = { draft: tokenizer, target: target.tokenizer }
  return retokenized({ model, tokenizers, ...(temperature > 0 && { form: 'shared-tokens', temperature }) })
}

function draftWhatIsForced({ target, constraint }: DrafterParts): Drafter {
  if (constraint) return forced({ constraint, tokenizer: target.tokenizer })
  throw badOption('run', '--drafter', 'forced has no grammar', '--schema, --regex, --grammar or --choice beside it')
}
