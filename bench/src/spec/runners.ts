import { loadModel } from '@foretoken/backend-node'
import { ngramsOf } from '@foretoken/checkpoint/node'
import { type CostCurve, measureCosts } from '@foretoken/controller'
import { type DecodeOptions, type Drafter, ForetokenError, type Model, type Verifier } from '@foretoken/core'
import { type ModelChoice, prepared } from '../model.ts'
import { say } from '../report.ts'
import type { CompositionSpec, DrafterSpec, MethodSpec } from './composition.ts'
import { buildDrafter, buildVerifier, type LoadedModel, type Workshop } from './registry.ts'
import type { Talk } from './talk.ts'
import { runTurn, runTurns, type Turn } from './turn.ts'

/** Who drafts and who verifies, under a name for reports. */
export interface Pair {
  readonly name: string
  readonly drafter: DrafterSpec
  readonly verifier: MethodSpec
}

/** A pair ready to run. */
export interface Runner {
  readonly name: string
  readonly drafter: Drafter
  readonly verifier: Verifier
  /** It computes between its own rounds, in a thread of its own. */
  readonly worksAhead: boolean
}

/** Everything that runs share. */
export interface Ground {
  readonly target: LoadedModel
  readonly options: ModelChoice & { readonly threads: number; readonly tokens: number }
  /** Pairs that could not go on, and why. */
  readonly absent: Record<string, string>
  /** Measured when first asked for, then remembered. */
  readonly costs: () => Promise<CostCurve>
}

const NO_TOKENS = new Int32Array(0)

/** Whether any of its drafters needs a target whose sub-layers can be skipped. */
export function usesSkipping({ drafter }: Pick<CompositionSpec, 'drafter'>): boolean {
  return uses('layer-skip', drafter)
}

function uses(wanted: string, { method, drafters }: DrafterSpec): boolean {
  return method === wanted || drafters.some((each) => uses(wanted, each))
}

/** Prepares and loads a model. */
export async function opened(
  choice: ModelChoice & { readonly threads?: number },
  worker: boolean,
  skippable = false,
): Promise<LoadedModel> {
  const { folder, tokenizer, info } = await prepared(choice, { skippable })
  const threads = choice.threads === undefined ? {} : { threads: choice.threads }
  const model = await loadModel(folder, { ...threads, worker, skippable })
  return { model, tokenizer, headTokens: info.architecture.headTokens }
}

/** What steps of a model cost at a temperature, of which only 0 needs no logits: measured when first asked for, then remembered. */
export function rememberedCosts(model: Model): (temperature: number) => Promise<CostCurve> {
  const curves: { [wants in 'argmax' | 'logits']?: Promise<CostCurve> } = {}
  return (temperature) => {
    const wants = temperature === 0 ? 'argmax' : 'logits'
    curves[wants] ??= measureCosts(model, { wants })
    return curves[wants]
  }
}

/** Builds drafters afresh, so that none remembers what others of its kind were told; disposes them after. */
export async function usingRunners(
  pairs: readonly Pair[],
  { target, options, absent, costs }: Ground,
  use: (runners: Runner[]) => Promise<void>,
): Promise<void> {
  const runners: Runner[] = []
  await usingWorkshop({ target, costs }, options, async (workshop) => {
    try {
      for (const { name, ...parts } of pairs) {
        if (name in absent) continue
        await withReason(name, absent, async () => {
          const [drafter, verifier] = [await buildDrafter(parts.drafter, workshop), await buildVerifier(parts.verifier)]
          runners.push({ name, drafter, verifier, worksAhead: uses('pearl', parts.drafter) })
        })
      }
      await use(runners)
    } finally {
      for (const { drafter } of runners) await drafter.dispose()
    }
  })
}

/** A workshop whose draft models are disposed after. */
export async function usingWorkshop<Result>(
  parts: Omit<Workshop, 'draftModel' | 'ngrams'>,
  options: ModelChoice,
  use: (workshop: Workshop) => Promise<Result>,
): Promise<Result> {
  const drafts: LoadedModel[] = []
  try {
    return await use({
      ...parts,
      async draftModel(name) {
        // A draft step is far shorter than a message to a worker and back.
        const draft = await opened({ ...options, model: name, threads: 1 }, false)
        drafts.push(draft)
        return draft
      },
      ngrams: () => ngramsOf(options.model),
    })
  } finally {
    for (const { model } of drafts) await model.dispose()
  }
}

/** Notes why a pair cannot go on, instead of ending all. */
export async function withReason(
  name: string,
  absent: Record<string, string>,
  run: () => Promise<void>,
): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!ForetokenError.is(error)) throw error
    absent[name] = `${error.code}: ${error.message}`
    say(`Without ${name}: ${absent[name]}`)
  }
}

/** How a turn's tokens are chosen. */
export interface Choice {
  readonly temperature: number
  readonly seed: number
  /** Goes on after a stop token. Default: ends there. */
  readonly isEndless?: boolean
}

type Stage = Pick<Ground, 'target' | 'options'> & { readonly talk: Talk }
type Parts = Pick<Runner, 'drafter' | 'verifier'>

/** Generates after a prompt that is in the cache but for its last token. */
export async function generateTurn(stage: Stage, prompt: Int32Array, choice: Choice, runner?: Parts): Promise<Turn> {
  const { target, talk } = stage
  target.model.rewind(prompt.length - 1)
  // Whatever becomes of this run, the cache holds no more of what is known than the prompt.
  talk.heard(prompt, NO_TOKENS)
  const turn = await runTurn(decodingOf(stage, target.model, prompt, choice, runner))
  talk.heard(prompt, turn.tokenIds)
  return turn
}

/** The same for several at once, round by round, each on a fork of the model. */
export async function generateSideBySide(
  stage: Stage,
  prompt: Int32Array,
  choice: Choice,
  runners: readonly (Parts | undefined)[],
): Promise<Turn[]> {
  const { model } = stage.target
  model.rewind(prompt.length - 1)
  stage.talk.heard(prompt, NO_TOKENS)
  const forks = runners.map(() => model.fork())
  try {
    return await runTurns(runners.map((runner, i) => decodingOf(stage, forks[i]!, prompt, choice, runner)))
  } finally {
    for (const fork of forks) await fork.dispose()
  }
}

function decodingOf(
  { target, options }: Stage,
  model: Model,
  prompt: Int32Array,
  { temperature, seed, isEndless = false }: Choice,
  runner?: Parts,
): DecodeOptions {
  return {
    model,
    prompt,
    temperature,
    seed,
    maxTokens: Math.min(options.tokens, model.contextLength - prompt.length),
    ...(!isEndless && { stopTokens: target.tokenizer.stopTokens }),
    ...(runner && { drafter: runner.drafter, verifier: runner.verifier }),
  }
}
