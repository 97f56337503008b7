import type { Tokenizer } from '@foretoken/checkpoint'
import type { Alarm, CostCurve } from '@foretoken/controller'
import { badOption, capped, type Drafter, firstOf, type Model, type Verifier } from '@foretoken/core'
import type { EntropySwitchOptions } from '@foretoken/drafter-entropy-switch'
import type { DrafterSpec, Known, MethodSpec } from './composition.ts'

/** A loaded model and its tokenizer. */
export interface LoadedModel {
  readonly model: Model
  readonly tokenizer: Tokenizer
  /** Tokens that its head scores. Default: all. */
  readonly headTokens?: readonly number[] | undefined
}

/** What drafters are built from. */
export interface Workshop {
  readonly target: LoadedModel
  /** Loads a model that drafts; whoever made the workshop disposes it. */
  draftModel(name: string): Promise<LoadedModel>
  /** What the target mostly says, as its package has it; nothing where there is none. */
  ngrams(): Promise<Uint8Array | undefined>
  /** What the target's steps cost on this machine. */
  costs(): Promise<CostCurve>
  /** A machine whose time is computed. Default: this one. */
  readonly simulation?: Simulation
}

/** What drafters take for the machine's time. */
export interface Simulation {
  readonly clock: () => number
  readonly alarm: Alarm
  /** The drafter, whose work takes time. */
  timed(drafter: Drafter, method: string): Drafter
}

type Options = Readonly<Record<string, unknown>>
/** Factories check their options themselves, unknown ones included. */
type Factory<Part> = (options: Options) => Part
type Build = (spec: DrafterSpec, workshop: Workshop) => Promise<Drafter>

/** A drafter that needs its options only. */
function free(load: () => Promise<Factory<Drafter>>): Build {
  return async ({ options }) => (await load())(options)
}

/** A drafter that another model writes for. @param readsHead It can leave unread what the model's head does not score. */
function withModel(load: () => Promise<Factory<Drafter>>, readsHead = false): Build {
  return async ({ method, options, draftModel }, workshop) => {
    if (draftModel === undefined) throw badOption(method, 'draftModel', 'is missing', 'the name of a model that drafts')
    const { model, headTokens } = await workshop.draftModel(draftModel)
    return (await load())({ ...options, model, ...(readsHead && headTokens && { vocabulary: headTokens }) })
  }
}

async function drafters(spec: DrafterSpec, workshop: Workshop): Promise<[Drafter, ...Drafter[]]> {
  const [first, ...others] = await Promise.all(spec.drafters.map((one) => buildDrafter(one, workshop)))
  if (!first) throw badOption(spec.method, 'drafters', 'is empty', 'at least one drafter')
  return [first, ...others]
}

const DRAFTERS: Readonly<Record<string, Build>> = {
  aded: free(async () => (await import('@foretoken/drafter-aded')).aded as Factory<Drafter>),
  'aggressive-input': free(
    async () => (await import('@foretoken/drafter-aggressive-input')).aggressiveInput as Factory<Drafter>,
  ),
  'always-wrong': free(async () => (await import('../adversaries.ts')).alwaysWrong as Factory<Drafter>),
  controller: async (spec, workshop) => {
    const { controller } = await import('@foretoken/controller')
    const { clock, alarm } = workshop.simulation ?? {}
    const chosen = { drafters: await drafters(spec, workshop), costs: await workshop.costs() }
    return controller({ ...spec.options, ...chosen, clock, alarm })
  },
  'draft-model': withModel(
    async () => (await import('@foretoken/drafter-draft-model')).draftModel as unknown as Factory<Drafter>,
    true,
  ),
  'entropy-switch': withModel(async () => {
    const { entropySwitch } = await import('@foretoken/drafter-entropy-switch')
    return (options) => entropySwitch(options as unknown as EntropySwitchOptions).drafter
  }),
  'first-of': async (spec, workshop) => firstOf(...(await drafters(spec, workshop))),
  'iid-chains': withModel(
    async () => (await import('@foretoken/drafter-iid-chains')).iidChains as unknown as Factory<Drafter>,
  ),
  'layer-skip': free(async () => (await import('@foretoken/drafter-layer-skip')).layerSkip as Factory<Drafter>),
  lookahead: free(async () => (await import('@foretoken/drafter-lookahead')).lookahead as Factory<Drafter>),
  ngram: async ({ options }, workshop) => {
    const { loadNgramTable, ngram } = await import('@foretoken/drafter-ngram')
    const bytes = await workshop.ngrams()
    return ngram({ ...options, ...(bytes && { table: loadNgramTable(bytes) }) })
  },
  pearl: withModel(async () => (await import('@foretoken/drafter-pearl')).pearl as unknown as Factory<Drafter>),
  'prompt-lookup': free(
    async () => (await import('@foretoken/drafter-prompt-lookup')).promptLookup as Factory<Drafter>,
  ),
  'recursive-tree': withModel(
    async () => (await import('@foretoken/drafter-recursive-tree')).recursiveTree as unknown as Factory<Drafter>,
  ),
  retokenized: async ({ method, options, draftModel }, workshop) => {
    if (draftModel === undefined) throw badOption(method, 'draftModel', 'is missing', 'the name of a model that drafts')
    const { retokenized } = await import('@foretoken/drafter-retokenized')
    const { model, tokenizer } = await workshop.draftModel(draftModel)
    return retokenized({ ...options, model, tokenizers: { draft: tokenizer, target: workshop.target.tokenizer } })
  },
  'slow-and-wrong': free(async () => (await import('../adversaries.ts')).slowAndWrong as Factory<Drafter>),
  suffix: free(async () => (await import('@foretoken/drafter-suffix')).suffix as Factory<Drafter>),
  'token-recycling': free(
    async () => (await import('@foretoken/drafter-token-recycling')).tokenRecycling as Factory<Drafter>,
  ),
}

const VERIFIERS: Readonly<Record<string, () => Promise<Factory<Verifier>>>> = {
  'accept-all': async () => (await import('@foretoken/drafter-entropy-switch')).acceptAll as Factory<Verifier>,
  block: async () => (await import('@foretoken/verifier-block')).block as Factory<Verifier>,
  'exact-match': async () => (await import('@foretoken/verifier-exact-match')).exactMatch as Factory<Verifier>,
  'k-seq': async () => (await import('@foretoken/verifier-k-seq')).kSeq as Factory<Verifier>,
  'recursive-rejection': async () =>
    (await import('@foretoken/verifier-recursive-rejection')).recursiveRejection as Factory<Verifier>,
  'speculative-sampling': async () =>
    (await import('@foretoken/verifier-speculative-sampling')).speculativeSampling as Factory<Verifier>,
  tolerance: async () => (await import('@foretoken/verifier-tolerance')).tolerance as Factory<Verifier>,
  typical: async () => (await import('@foretoken/verifier-typical')).typical as Factory<Verifier>,
}

/** What the drafters that can remember share between generations, as options. */
const MEMORIES: Readonly<Record<string, (workshop: Workshop) => Promise<Options>>> = {
  aded: async () => ({ table: (await import('@foretoken/drafter-aded')).trigramTable() }),
  suffix: async () => ({ pool: (await import('@foretoken/drafter-suffix')).suffixPool() }),
  'token-recycling': async ({ target }) => {
    const { adjacencyTable } = await import('@foretoken/drafter-token-recycling')
    return { table: adjacencyTable({ vocabularySize: target.model.vocabularySize }) }
  },
}

async function memoryOf({ method, remembers }: DrafterSpec, workshop: Workshop): Promise<Options> {
  if (!remembers) return {}
  const memory = MEMORIES[method]
  if (memory) return memory(workshop)
  throw badOption(method, 'remembers', 'is true', `nothing: ${Object.keys(MEMORIES).join(', ')} can remember`)
}

/** Names that compositions may use. */
export const KNOWN: Known = { drafters: Object.keys(DRAFTERS), verifiers: Object.keys(VERIFIERS) }

/**
 * Makes the drafter that a composition describes, wrapped as it says.
 * @throws BAD_OPTION, and what loading a draft model throws.
 */
export async function buildDrafter(spec: DrafterSpec, workshop: Workshop): Promise<Drafter> {
  const options = { ...spec.options, ...(await memoryOf(spec, workshop)) }
  const made = await DRAFTERS[spec.method]!({ ...spec, options }, workshop)
  const whole = spec.drafters.length > 0 ? made : (workshop.simulation?.timed(made, spec.method) ?? made)
  const limited = spec.cap === undefined ? whole : capped(whole, spec.cap)
  if (spec.adaptive === undefined) return limited
  const { adaptive, steppedLength } = await import('@foretoken/controller')
  return adaptive(limited, steppedLength(spec.adaptive))
}

/** Verifiers whose factories take no options, and so would overlook some. */
const WITHOUT_OPTIONS = ['accept-all', 'block', 'exact-match', 'k-seq', 'recursive-rejection', 'speculative-sampling']

/** Makes the verifier that a composition describes. @throws BAD_OPTION */
export async function buildVerifier({ method, options }: MethodSpec): Promise<Verifier> {
  const [option] = Object.keys(options)
  if (option !== undefined && WITHOUT_OPTIONS.includes(method)) {
    throw badOption(method, option, 'is not an option', 'no options')
  }
  return (await VERIFIERS[method]!())(options)
}
