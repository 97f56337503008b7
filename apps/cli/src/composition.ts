import { MODELS } from '@foretoken/checkpoint'
import type { Drafter, Verifier } from '@foretoken/core'
import { capped, ForetokenError } from '@foretoken/core'
import { draftModel } from '@foretoken/drafter-draft-model'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { type Command, Option } from 'commander'
import { integer } from './arguments.ts'
import { type Loaded, type LoadOptions, load } from './load.ts'

export interface CompositionOptions extends LoadOptions {
  readonly model: string
  readonly drafter?: string
  readonly draftModel?: string
  readonly draftTokens?: number
  readonly verifier: string
  /** Of the draft too. */
  readonly temperature: number
}

export const DRAFTERS = ['prompt-lookup', 'draft-model', 'none'] as const
export const VERIFIERS = ['speculative-sampling', 'exact-match'] as const

export function addCompositionOptions(command: Command, model = 'stories'): Command {
  return command
    .option('--model <id|file>', 'model to decode: see `foretoken models`', model)
    .addOption(
      new Option(
        '--drafter <name>',
        'who proposes tokens (default: draft-model where one is known, else prompt-lookup)',
      ).choices([...DRAFTERS]),
    )
    .option('--draft-model <id|file>', 'model that drafts, for --drafter draft-model')
    .option('--draft-tokens <n>', 'most tokens drafted per round (default: 3)', integer({ minimum: 1, maximum: 64 }))
    .addOption(
      new Option('--verifier <name>', 'who decides on drafted tokens')
        .choices([...VERIFIERS])
        .default('speculative-sampling'),
    )
}

/** A loaded target with its drafter and verifier. One owner: `dispose` frees all of it. */
export interface Composition extends Loaded {
  readonly drafter: Drafter | undefined
  readonly verifier: Verifier | undefined
  readonly drafterName: string
}

export async function loadComposition(options: CompositionOptions): Promise<Composition> {
  const target = await load(options.model, options)
  try {
    const drafterName = options.drafter ?? (companion(options) === undefined ? 'prompt-lookup' : 'draft-model')
    const { drafter, dispose } = await createDrafter(drafterName, target, options)
    return {
      ...target,
      drafter: drafter === undefined ? undefined : capped(drafter, options.draftTokens ?? 3),
      verifier: drafter === undefined ? undefined : createVerifier(options.verifier),
      drafterName,
      async dispose() {
        await drafter?.dispose()
        await dispose()
        await target.dispose()
      },
    }
  } catch (error) {
    await target.dispose()
    throw error
  }
}

/** The model that drafts for this target, where one is named or known. */
function companion(options: CompositionOptions): string | undefined {
  return options.draftModel ?? MODELS.find((entry) => entry.id === options.model)?.draftModel
}

function createVerifier(name: string): Verifier {
  return name === 'exact-match' ? exactMatch() : speculativeSampling()
}

async function createDrafter(
  name: string,
  target: Loaded,
  options: CompositionOptions,
): Promise<{ drafter: Drafter | undefined; dispose(): Promise<void> }> {
  const nothing = async (): Promise<void> => {}
  if (name === 'none') return { drafter: undefined, dispose: nothing }
  if (name === 'prompt-lookup') return { drafter: promptLookup(), dispose: nothing }
  const id = companion(options)
  if (id === undefined) {
    throw new ForetokenError(
      'BAD_OPTION',
      `--drafter draft-model needs a draft model, and none is known for ${options.model}.`,
      {
        fix: 'Name one with --draft-model, or use --drafter prompt-lookup.',
      },
    )
  }
  // A draft step is far shorter than a message to a worker and back.
  const draft = await load(id, { ...options, worker: false })
  const tokenBytes = {
    draft: (token: number) => draft.tokenizer.tokenBytes(token),
    target: (token: number) => target.tokenizer.tokenBytes(token),
  }
  // Exact matching accepts the mode most often; rejection sampling wants a draft drawn as the target draws.
  const temperature = options.verifier === 'exact-match' ? 0 : options.temperature
  return {
    drafter: draftModel({ model: draft.model, temperature, tokenBytes }),
    dispose: () => draft.dispose(),
  }
}
