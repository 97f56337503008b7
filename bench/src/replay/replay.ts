import { readFile } from 'node:fs/promises'
import { type CostCurve, measureCosts, parseCostCurve } from '@foretoken/controller'
import type { DecodeOptions, Drafter } from '@foretoken/core'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { firstDifference } from '../first-difference.ts'
import type { ModelChoice } from '../model.ts'
import type { CommonOptions, Findings } from '../report.ts'
import { type CompositionSpec, partsAt } from '../spec/composition.ts'
import { readCompositions } from '../spec/compositions.ts'
import { type DraftChoice, draftedBy } from '../spec/draft-models.ts'
import type { Trial } from '../spec/measure.ts'
import { buildDrafter, type LoadedModel } from '../spec/registry.ts'
import { opened, usingWorkshop } from '../spec/runners.ts'
import { questionsOf } from '../spec/spec.ts'
import { type Summary, summarize } from '../spec/summary.ts'
import { runTurn, type Turn } from '../spec/turn.ts'
import { table } from '../table.ts'
import { type CopyLimit, copyLimit } from './copy-limit.ts'
import { knownModel } from './known-model.ts'
import { type Machine, machine } from './machine.ts'
import { type Recording, recordings } from './recordings.ts'

export interface ReplayOptions extends CommonOptions, ModelChoice, DraftChoice {
  readonly compositions: readonly string[]
  readonly temperatures: readonly number[]
  readonly data: string
  readonly questions?: number | undefined
  readonly perCategory?: number | undefined
  /** One half of the questions: rules are chosen on one and judged on the other. Default both. */
  readonly half?: 'first' | 'second' | undefined
  readonly tokens: number
  readonly threads: number
  /** File of a price list of steps. Default: measured now. */
  readonly costs?: string | undefined
  /** Plain steps that a level of a draft model takes. */
  readonly level: number
  /** The machine's speed jumps and its work is interrupted, as where others use it. */
  readonly busy?: boolean | undefined
}

/** What compositions would win on answers that plain decoding gave, at prices that were measured once: without a timed run, and so without noise. */
export async function replay(options: ReplayOptions): Promise<Findings> {
  const { data, model, temperatures, half, tokens, level, busy = false, seed } = options
  const compositions = draftedBy(await readCompositions(options.compositions), options)
  const settings = { model, compositions, temperatures, half, tokens, level, busy, costs: options.costs }
  const all = await questionsOf(options)
  if (!all) {
    const skipped = `there is no file ${data}; name Spec-Bench's questions with --data`
    return { settings, results: { skipped }, text: `Not replayed: ${skipped}.` }
  }
  const questions = all.filter((_, i) => half === undefined || (i % 2 === 0) === (half === 'first'))
  const target = await opened(options, true)
  const parts: { name: string; temperature: number; summary: Summary; trials: Trial[] }[] = []
  const copying: { temperature: number; limits: Record<string, CopyLimit> }[] = []
  try {
    for (const temperature of temperatures) {
      const kept = await recordings(questions, target, { ...options, temperature })
      const curve = await costsOf(options, target, temperature)
      copying.push({ temperature, limits: copyLimit(kept, curve) })
      for (const composition of compositions) {
        const trials = await replayed(composition, temperature, { kept, curve, target, options })
        parts.push({ name: composition.name, temperature, summary: summarize(trials, seed), trials })
      }
    }
  } finally {
    await target.model.dispose()
  }
  const rows = parts.map(({ name, temperature, summary }) => [
    name,
    temperature,
    summary.questions,
    summary.speedup,
    summary.speedupInterval?.map((end) => end.toFixed(3)).join('–') ?? '-',
    summary.meanAcceptanceLength,
    summary.roundCost,
    summary.roundEfficiency,
  ])
  return {
    settings: { ...settings, questions: questions.length },
    results: { parts, copying },
    text: `${table(COLUMNS, rows)}\n\n${copyingText(copying)}`,
  }
}

function copyingText(copying: readonly { temperature: number; limits: Record<string, CopyLimit> }[]): string {
  const rows = copying.flatMap(({ temperature, limits }) =>
    Object.entries(limits).map(([category, limit]) => [
      temperature,
      category,
      limit.speedup,
      limit.tokensPerRound,
      limit.freeRows,
    ]),
  )
  return `What copying from the text before could win at most, by a drafter that knows the answer and takes no time:\n${table(COPYING, rows)}`
}

const COPYING = [
  { title: 'temperature', digits: 1 },
  { title: 'category' },
  { title: 'speedup', digits: 2 },
  { title: 'tokens a round', digits: 2 },
  { title: 'if rows cost nothing', digits: 2 },
]

const COLUMNS = [
  { title: 'composition' },
  { title: 'temperature', digits: 1 },
  { title: 'questions', digits: 0 },
  { title: 'speedup', digits: 3 },
  { title: '95 %' },
  { title: 'tokens a round', digits: 3 },
  { title: 'round cost', digits: 3 },
  { title: 'efficiency', digits: 2 },
]

async function costsOf({ costs }: ReplayOptions, { model }: LoadedModel, temperature: number): Promise<CostCurve> {
  if (costs !== undefined) return parseCostCurve(JSON.parse(await readFile(costs, 'utf8')))
  return measureCosts(model, { wants: temperature === 0 ? 'argmax' : 'logits' })
}

interface Scene {
  readonly kept: readonly Recording[]
  readonly curve: CostCurve
  readonly target: LoadedModel
  readonly options: ReplayOptions
}

/**
 * A composition and plain decoding on all recordings. Sampled answers are replayed as greedy ones: exact matching accepts what agrees with the
 * sample, and so does in the mean every lossless verifier of drafts that are point masses.
 */
async function replayed(composition: CompositionSpec, temperature: number, scene: Scene): Promise<Trial[]> {
  const { curve, target, options } = scene
  const parts = partsAt(composition, temperature)
  if (!parts) return []
  const here = machine(curve, options)
  return usingWorkshop({ target, costs: async () => curve, simulation: here }, options, async (workshop) => {
    await using drafter = await buildDrafter(parts.drafter, workshop)
    return await playedBy(drafter, { composition: composition.name, temperature }, here, scene)
  })
}

async function playedBy(
  drafter: Drafter,
  named: Pick<Trial, 'composition' | 'temperature'>,
  here: Machine,
  scene: Scene,
): Promise<Trial[]> {
  const trials: Trial[] = []
  for (const recording of scene.kept) {
    const play = (by: Partial<DecodeOptions>): Promise<Turn> => runTurn({ ...known(recording, scene, here), ...by })
    const [plain, ours] = [await play({}), await play({ drafter, verifier: exactMatch() })]
    const { id, category, turn, prompt } = recording
    const differsAt = firstDifference(plain.tokenIds, ours.tokenIds)
    trials.push({
      ...named,
      id,
      category,
      turn,
      promptTokens: prompt.length,
      prefillMs: 0,
      ours: ours.stats,
      plain: plain.stats,
      mustMatch: true,
      ...(differsAt !== undefined && { differsAt }),
    })
  }
  return trials
}

function known({ prompt, answer }: Recording, { target, options }: Scene, here: Machine): DecodeOptions {
  const { vocabularySize } = target.model
  const text = Int32Array.from([...prompt, ...answer])
  return {
    model: knownModel({ text, vocabularySize, spend: here.step }, prompt.length - 1),
    prompt: text.subarray(0, prompt.length),
    maxTokens: options.tokens,
    stopTokens: target.tokenizer.stopTokens,
    clock: here.now,
  }
}
