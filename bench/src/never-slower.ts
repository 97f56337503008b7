import type { ModelChoice } from './model.ts'
import { readQuestions, spread } from './questions.ts'
import { type CommonOptions, type Findings, say } from './report.ts'
import { checkComposition } from './spec/composition.ts'
import { measure, type Trial } from './spec/measure.ts'
import { KNOWN } from './spec/registry.ts'
import { median } from './statistics.ts'
import { table } from './table.ts'

export interface NeverSlowerOptions extends CommonOptions, ModelChoice {
  /** Spec-Bench's questions. */
  readonly data: string
  readonly questions: number
  /** Runs of each question, one after the other. */
  readonly repetitions: number
  readonly tokens: number
  readonly threads: number
  readonly traps: readonly string[]
}

/** Drafters that a controller must not lose with, and the temperature of the text. */
interface Trap {
  readonly key: string
  readonly name: string
  readonly drafters: readonly string[]
  readonly temperature: number
}

const TRAPS: readonly Trap[] = [
  { key: 'wrong', name: 'a drafter that is always wrong', drafters: ['always-wrong'], temperature: 0 },
  { key: 'slow', name: 'a drafter that is slow and wrong', drafters: ['slow-and-wrong'], temperature: 0 },
  {
    key: 'unpredictable',
    name: 'text that cannot be predicted',
    drafters: ['prompt-lookup', 'suffix', 'token-recycling'],
    // At this temperature SmolLM2 writes any token of its vocabulary.
    temperature: 4,
  },
]

/** Share of plain decoding's speed that may be lost, in the median over questions. */
const BOUND = 0.02

/** What the controller loses against plain decoding where drafting cannot win. */
export async function neverSlower(options: NeverSlowerOptions): Promise<Findings> {
  const { data, model, questions: count, repetitions, tokens, threads, traps: chosen } = options
  const settings = { model, questions: count, repetitions, tokens, threads, data, traps: chosen }
  const all = await readQuestions(data)
  if (!all) {
    const skipped = `there is no file ${data}; name Spec-Bench's questions with --data`
    return { settings, results: { skipped }, text: `Not measured: ${skipped}.` }
  }
  const asked = spread(all, count).flatMap((question) => new Array<typeof question>(repetitions).fill(question))
  const traps = []
  for (const trap of TRAPS.filter(({ key }) => chosen.includes(key))) {
    say(`${trap.name} …`)
    const composition = checkComposition(specOf(trap), 'never-slower', KNOWN)
    const { trials, absent } = await measure([composition], asked, {
      ...options,
      temperatures: [trap.temperature],
    })
    traps.push({ ...trap, ...lossOf(trials), absent, trials })
  }
  const rows = traps.map(({ name, loss, quartiles, questions, differing }) => [
    name,
    percent(loss),
    quartiles.map(percent).join(' to '),
    String(questions),
    differing === 0 ? 'yes' : `${differing} differ`,
  ])
  const columns = ['trap', 'median loss', 'middle half', 'questions', 'identical'].map((title) => ({ title }))
  return {
    settings,
    results: { bound: BOUND, traps },
    text: `Loss of the controller against plain decoding, prefill left out (at most ${percent(BOUND)}):\n${table(columns, rows)}`,
    holds: traps.every(({ loss, differing, questions }) => questions > 0 && loss <= BOUND && differing === 0),
  }
}

function specOf({ drafters }: Trap): object {
  return {
    name: 'never-slower',
    about: 'The controller where drafting cannot win.',
    drafter: { method: 'controller', drafters: drafters.map((method) => ({ method })) },
    verifier: { method: 'exact-match' },
  }
}

interface Loss {
  /** 1 − speed / plain speed, median over questions; negative when won. */
  readonly loss: number
  readonly quartiles: readonly [number, number]
  readonly questions: number
  /** Turns whose tokens are not those of plain decoding. */
  readonly differing: number
}

function lossOf(trials: readonly Trial[]): Loss {
  const losses = [...new Set(trials.map(({ id }) => id))].map((question) => {
    const turns = trials.filter(({ id }) => id === question)
    return 1 - speedOf(turns, 'ours') / speedOf(turns, 'plain')
  })
  losses.sort((a, b) => a - b)
  const at = (share: number): number => losses[Math.floor(share * (losses.length - 1))]!
  return {
    loss: median(losses),
    quartiles: [at(0.25), at(0.75)],
    questions: losses.length,
    differing: trials.filter(({ differsAt }) => differsAt !== undefined).length,
  }
}

/** Tokens a millisecond, behind the first round. */
function speedOf(turns: readonly Trial[], who: 'ours' | 'plain'): number {
  const sum = (of: (trial: Trial) => number): number => turns.reduce((total, trial) => total + of(trial), 0)
  return sum((trial) => trial[who].decodeTokens) / sum((trial) => trial[who].decodeMs)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
