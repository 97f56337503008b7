import type { Place } from '@foretoken/backend-node'
import { MODELS } from '@foretoken/checkpoint'
import { type Constraint, withinConstraint } from '@foretoken/constraint'
import { type Controller, controller, type RoundRecord } from '@foretoken/controller'
import type { Drafter, Verifier } from '@foretoken/core'
import { capped, ForetokenError } from '@foretoken/core'
import { type Command, Option } from 'commander'
import { integer } from './arguments.ts'
import { type ConstraintSource, constraintOf, continuing } from './constraints.ts'
import { stepCosts } from './costs.ts'
import { experienceOf, keepExperience } from './experience.ts'
import { type Loaded, type LoadOptions, load } from './load.ts'
import { openMemory } from './memory.ts'
import { DRAFTERS, type DrafterParts, VERIFIERS } from './methods.ts'
import { tableFor } from './ngrams.ts'
import { reasonsOf } from './reasons.ts'
import { type RefusalParts, watched } from './refusals.ts'

export interface CompositionOptions extends LoadOptions {
  readonly model: string
  /** Default `auto`. */
  readonly drafter?: string
  readonly draftModel?: string
  readonly draftTokens?: number
  readonly verifier?: string
  /** File that keeps what the drafter learns from run to run. */
  readonly memory?: string
  /** Of the draft too. */
  readonly temperature: number
  /** Execution provider of the target; a draft model stays on the processor. Default `cpu`. */
  readonly provider?: string
  /** Path of a receipt to be written: sampled tokens must then be matched. */
  readonly receipt?: string
  /** What the text is held to. */
  readonly constraint?: ConstraintSource
  /** The prompt: code is followed from its end, where no chat template stands between. */
  readonly continues?: string
  /** Whether the prompt goes to the model without its chat template. */
  readonly raw?: boolean
  /** Is told of tokens that the constraint refuses. */
  readonly onRefusal?: RefusalParts['onRefusal']
  /** Follows the rounds of `auto`. */
  readonly onRound?: (record: RoundRecord) => void
}

export function addCompositionOptions(command: Command, model = 'stories'): Command {
  return command
    .option('--model <id|file>', 'model to decode: see `foretoken models`', model)
    .addOption(
      new Option(
        '--drafter <name>',
        'who proposes tokens; auto chooses each round what pays on this machine (default)',
      ).choices(['auto', ...Object.keys(DRAFTERS), 'none']),
    )
    .option(
      '--provider <name>',
      'what computes the target: cpu, webgpu, cuda (default: cpu); a draft model stays on the cpu',
    )
    .option('--draft-model <id|file>', 'model that drafts')
    .option(
      '--draft-tokens <n>',
      'most levels drafted per round (default: 3; auto chooses)',
      integer({ minimum: 1, maximum: 64 }),
    )
    .option('--memory <file>', 'keep what suffix (auto), token-recycling or aded learns in this file, from run to run')
    .option(
      '--patience <ms>',
      'milliseconds to wait for a drafter before going on without it (default: 60000)',
      integer({ minimum: 1, maximum: 2 ** 31 - 1 }),
    )
    .addOption(
      new Option(
        '--verifier <name>',
        'who decides on drafted tokens (default: speculative-sampling; exact-match where sampled text must follow from the seed)',
      ).choices(Object.keys(VERIFIERS)),
    )
}

/** A loaded target with its drafter and verifier. One owner: `dispose` frees all of it. */
export interface Composition extends Loaded {
  readonly drafter: Drafter | undefined
  readonly verifier: Verifier | undefined
  readonly drafterName: string
  readonly constraint: Constraint | undefined
  /** What the constraint was made from. */
  readonly source: ConstraintSource | undefined
  /** Who is told what the constraint refuses. */
  readonly watch: RefusalParts | undefined
  /** Where the target and the model that drafts run. */
  readonly where: Readonly<Record<string, Place>>
  /** Only of `auto`. */
  readonly controller: Controller | undefined
}

export async function loadComposition(options: CompositionOptions): Promise<Composition> {
  const drafterName = options.drafter ?? 'auto'
  const owned: { dispose(): void | Promise<void> }[] = []
  const dispose = async (): Promise<void> => {
    for (const each of owned.toReversed()) await each.dispose()
  }
  try {
    const target = await load(options.model, {
      ...options,
      ...(drafterName === 'pearl' && { worker: true }),
      skippable: DRAFTERS[drafterName]?.needsSkipping ?? false,
    })
    owned.push(target)
    const held = holding(target, options)
    const { constraint, watch } = held
    const memory = options.memory === undefined ? undefined : await openMemory(options.memory, drafterName, target)
    if (drafterName === 'none') {
      return {
        ...target,
        ...held,
        drafter: undefined,
        verifier: undefined,
        drafterName,
        controller: undefined,
        where: { target: target.model.where },
        dispose,
      }
    }
    const verifier = verifierName(drafterName, options)
    const draft = await loadDraft(drafterName, options)
    if (draft !== undefined) owned.push(draft)
    // Exact matching accepts the mode most often; rejection sampling wants a draft drawn as the target draws.
    const temperature = verifier === 'exact-match' ? 0 : options.temperature
    const parts = { target, draft, temperature, constraint, memory, watch, ngrams: await tableFor(drafterName, target) }
    const auto = drafterName === 'auto' ? await automatic(parts, verifier, options) : undefined
    const drafter = auto ?? within(DRAFTERS[drafterName]!.create(parts), parts)
    owned.push(drafter)
    if (memory) owned.push({ dispose: () => memory.keep() })
    const levels = options.draftTokens ?? (auto ? undefined : 3)
    return {
      ...target,
      ...held,
      drafter: levels === undefined ? drafter : capped(drafter, levels),
      verifier: VERIFIERS[verifier]!(),
      drafterName,
      where: { target: target.model.where, ...(draft && { draft: draft.model.where }) },
      controller: auto,
      dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

/**
 * What `auto` drafts depends on times, and drawn drafts shape what is sampled. Only matched tokens follow from the seed, so
 * that a run can be repeated.
 */
function verifierName(drafterName: string, { verifier, temperature, receipt }: CompositionOptions): string {
  const mustFollow = temperature > 0 && (drafterName === 'auto' || receipt !== undefined)
  return verifier ?? (mustFollow ? 'exact-match' : 'speculative-sampling')
}

/** The model that drafts for this target, where one is named or known. */
function companion(options: CompositionOptions): string | undefined {
  return options.draftModel ?? MODELS.find((entry) => entry.id === options.model)?.draftModel
}

async function loadDraft(drafterName: string, options: CompositionOptions): Promise<Loaded | undefined> {
  const isNeeded = DRAFTERS[drafterName]?.needsModel ?? false
  if (!isNeeded && drafterName !== 'auto') return undefined
  const id = companion(options)
  // A draft step is far shorter than a message to a worker and back, unless it is taken while the target computes.
  if (id !== undefined) return load(id, { ...options, provider: 'cpu', worker: drafterName === 'pearl' })
  if (!isNeeded) return undefined
  throw new ForetokenError(
    'BAD_OPTION',
    `--drafter ${drafterName} needs a draft model, and none is known for ${options.model}.`,
    { fix: 'Name one with --draft-model, or use --drafter prompt-lookup.' },
  )
}

/** The constraint for the target's tokens. A chat template begins a text of its own; otherwise code goes on where the prompt ends. */
function holding(
  { tokenizer, prepared }: Loaded,
  { constraint: asked, continues, raw, onRefusal }: CompositionOptions,
): Pick<Composition, 'constraint' | 'source' | 'watch'> {
  if (!asked) return { constraint: undefined, source: undefined, watch: undefined }
  const source = raw || prepared.info.chatTemplate === undefined ? continuing(asked, continues) : asked
  const constraint = constraintOf(source, tokenizer)
  const watch = onRefusal && { constraint, tokenizer, reasonOf: reasonsOf(source), onRefusal }
  return { constraint, source, watch }
}

/** What the constraint refuses costs no row, and is told. */
function within(drafter: Drafter, { constraint, watch }: HeldParts): Drafter {
  if (!constraint) return drafter
  return withinConstraint(watch ? watched(drafter, watch) : drafter, constraint)
}

interface HeldParts extends DrafterParts {
  readonly watch: RefusalParts | undefined
}

/** A draft model that speaks with other tokens drafts text; what the target mostly says stands in for suffixes that nobody remembers. */
function automaticNames({ target, draft, ngrams, memory }: DrafterParts, trees: boolean): string[] {
  const knowsMore = ngrams !== undefined && memory === undefined && trees
  const automatic = Object.keys(DRAFTERS).filter((name) => DRAFTERS[name]!.isAutomatic)
  const names = automatic.map((name) => (name === 'suffix' && knowsMore ? 'ngram' : name))
  if (draft === undefined) return names.filter((name) => !DRAFTERS[name]!.needsModel)
  return names.map((name) => (name === 'draft-model' && !hasSameTokens(target, draft) ? 'retokenized' : name))
}

function hasSameTokens(one: Loaded, other: Loaded): boolean {
  const { vocabularySize } = one.model
  if (vocabularySize !== other.model.vocabularySize) return false
  for (let token = 0; token < vocabularySize; token++) {
    if (Buffer.compare(one.tokenizer.tokenBytes(token), other.tokenizer.tokenBytes(token)) !== 0) return false
  }
  return true
}

/** The controller over what this target and its draft model can do. */
async function automatic(parts: HeldParts, verifier: string, options: CompositionOptions): Promise<Controller> {
  const { model } = parts.target
  const trees = verifier !== 'block'
  const known = automaticNames(parts, trees && model.supports.has('attention:tree-mask')).map((name) =>
    within(DRAFTERS[name]!.create(parts), parts),
  )
  const drafters = [...(parts.constraint ? [DRAFTERS['forced']!.create(parts)] : []), ...known]
    .filter(({ manifest }) => manifest.requires.every((each) => model.supports.has(each)))
    .filter(({ manifest }) => trees || !manifest.requires.includes('attention:tree-mask'))
  const requires = [...new Set(drafters.flatMap(({ manifest }) => manifest.requires))]
  const key = { ...options, ...parts }
  const wants = options.temperature > 0 || parts.constraint ? 'logits' : 'argmax'
  const settings = { drafters, trees, costs: await stepCosts(parts.target, options, wants) }
  // What drafts are worth inside a grammar says nothing of other text, and the reverse.
  if (parts.constraint) {
    const chosen = controller({ ...settings, explain: options.onRound })
    return { ...chosen, manifest: { ...chosen.manifest, requires } }
  }
  const experience = await experienceOf(key, settings, VERIFIERS[verifier]!())
  const chosen = controller({ ...settings, experience, explain: options.onRound })
  const dispose = async (): Promise<void> => {
    await keepExperience(key, chosen)
    await chosen.dispose()
  }
  return { ...chosen, dispose, manifest: { ...chosen.manifest, requires } }
}
