import { join } from 'node:path'
import { firstDifference } from '../first-difference.ts'
import { type KeptLines, openKeptLines } from '../kept-lines.ts'
import { exportFolder, ggufPath, type ModelChoice, prepared } from '../model.ts'
import { RESULTS } from '../places.ts'
import type { Question } from '../questions.ts'
import { type CommonOptions, type Findings, say } from '../report.ts'
import type { Trial } from '../spec/measure.ts'
import { questionsOf, type SpecPart } from '../spec/spec.ts'
import { specText } from '../spec/spec-report.ts'
import { summarize } from '../spec/summary.ts'
import { contextOf } from '../spec/talk.ts'
import { grouped } from '../statistics.ts'
import { openPage } from './open-page.ts'
import { type BenchPage, type PeerName, SPECULATIONS, type Speculation, type TurnAnswers } from './page-interface.ts'
import { openPeers, type Present, peerFiles, summarizePeers } from './peers.ts'

export interface BrowserOptions extends CommonOptions, ModelChoice {
  /** Questions, one JSON object a line. */
  readonly data: string
  readonly questions?: number | undefined
  readonly perCategory?: number | undefined
  /** Most new tokens of each turn. */
  readonly tokens: number
  readonly threads: number
  /** Name, or path of the GGUF file, of a model that drafts; `none` for none. */
  readonly draft: string
  /** How this engine speculates; the figures of the first are the run's. */
  readonly compositions: readonly Speculation[]
  /** Engines of others beside plain decoding. */
  readonly engines: readonly PeerName[]
  /** Folder of the exports for them. */
  readonly onnx?: string | undefined
  /** Begin no question after these; the next run may go on with `resume`. */
  readonly minutes?: number | undefined
  /** Go on with what the last run measured, of the same settings. */
  readonly resume?: boolean | undefined
}

declare const benchPage: BenchPage

/** A question's turns. */
interface Measured {
  readonly id: number
  readonly category: string
  readonly turns: readonly { readonly promptTokens: number; readonly answers: TurnAnswers }[]
}

/** Speculation and other engines beside plain decoding in a browser, on WASM, turn by turn in one page. */
export async function browser(options: BrowserOptions): Promise<Findings> {
  const { model, draft, tokens, threads, data, engines, compositions } = options
  const settings = { model, draft, compositions, tokens, threads, engines }
  const questions = await questionsOf(options)
  if (!questions) {
    const skipped = `there is no file ${data}; name Spec-Bench's questions with --data`
    return { settings, results: { skipped }, brief: { skipped }, text: `Not measured: ${skipped}.` }
  }
  const state = join(RESULTS, `browser${options.quick ? '-quick' : ''}.jsonl`)
  const fix = `Leave --resume out, which begins ${state} again.`
  const kept = await openKeptLines<Measured>(state, settings, !options.resume, fix)
  const { place, present } = await measure(options, questions, kept)
  const asked = new Set(questions.map(({ question_id }) => question_id))
  const measured = kept.rows.filter(({ id }) => asked.has(id))
  return findings(measured, present, { ...settings, questions: questions.length, place }, options.seed)
}

/** Asks the questions that are not in `kept`. */
async function measure(options: BrowserOptions, questions: readonly Question[], kept: KeptLines<Measured>) {
  const { draft, threads, engines, tokens, compositions, minutes = Number.POSITIVE_INFINITY } = options
  const until = performance.now() + minutes * 60_000
  const { tokenizer, info } = await prepared(options)
  const files = engines.length > 0 ? await peerFiles(options.onnx ?? exportFolder(options)) : new Map<string, string>()
  files.set('/model.gguf', await ggufPath(options))
  const hasDraft = draft !== 'none' && compositions.includes('auto-draft')
  if (hasDraft) files.set('/draft.gguf', await ggufPath({ ...options, model: draft }))
  await using opened = await openPage(files)
  const { page } = opened
  const draftAddress = hasDraft ? '/draft.gguf' : undefined
  const task = { address: '/model.gguf', draftAddress, threads, speculations: compositions }
  const place = await page.evaluate((task) => benchPage.open(task), task)
  say(`${JSON.stringify(place.runtime)} in ${place.agent}`)
  const contextLength = Math.min(2048, info.architecture.contextLength)
  const present = await openPeers(page, engines, files, { threads, contextLength })
  const done = new Set(kept.rows.map(({ id }) => id))
  let turn = kept.rows.reduce((sum, { turns }) => sum + turns.length, 0)
  for (const { question_id: id, category, turns } of questions) {
    if (done.has(id)) continue
    if (performance.now() > until) break
    const texts: string[] = []
    const measured: Measured['turns'][number][] = []
    for (let i = 0; i < turns.length; i++) {
      const prompt = [...contextOf(tokenizer, turns.slice(0, i + 1), texts)]
      const asked = { prompt, tokens, turn: turn++ }
      const answers = await page.evaluate((asked) => benchPage.turn(asked), asked)
      measured.push({ promptTokens: prompt.length, answers })
      texts.push(tokenizer.decode(answers.plain.tokenIds))
    }
    await kept.add({ id, category, turns: measured })
    if (kept.rows.length % 5 === 0) say(`${kept.rows.length} of ${questions.length} questions`)
  }
  return { place, present }
}

function trialsOf(
  { prefillMs, plain, ours }: TurnAnswers,
  about: Pick<Trial, 'id' | 'category' | 'turn' | 'promptTokens'>,
): Trial[] {
  return Object.entries(ours).map(([composition, answer]) => {
    const differsAt = firstDifference(Int32Array.from(answer.tokenIds), Int32Array.from(plain.tokenIds))
    return {
      ...about,
      composition,
      temperature: 0,
      prefillMs,
      ours: answer.stats,
      plain: plain.stats,
      mustMatch: true,
      ...(differsAt !== undefined && { differsAt }),
    }
  })
}

function partOf(trials: readonly Trial[], composition: Speculation, seed: number): SpecPart {
  const own = trials.filter((trial) => trial.composition === composition)
  const categories = Object.fromEntries(
    [...grouped(own, ({ category }) => category)].map(([category, list]) => [category, summarize(list, seed)]),
  )
  return {
    composition,
    about: SPECULATIONS[composition],
    temperature: 0,
    boundShare: null,
    overall: summarize(own, seed),
    categories,
  }
}

function findings(
  measured: readonly Measured[],
  present: Present,
  settings: Pick<BrowserOptions, 'compositions'> & { readonly questions: number } & Findings['settings'],
  seed: number,
): Findings {
  const { absent } = present
  const peers = summarizePeers(
    measured.flatMap(({ turns }) => turns.map(({ answers }) => answers)),
    present,
  )
  const trials = measured.flatMap(({ id, category, turns }) =>
    turns.flatMap(({ promptTokens, answers }, i) => trialsOf(answers, { id, category, turn: i + 1, promptTokens })),
  )
  if (trials.length === 0) {
    const skipped = 'no question was begun in time; give more --minutes'
    return { settings, results: { skipped }, brief: { skipped }, text: `Not measured: ${skipped}.` }
  }
  const left = settings.questions - measured.length
  const measuredNames = new Set(trials.map(({ composition }) => composition))
  const parts = settings.compositions
    .filter((name) => measuredNames.has(name))
    .map((name) => partOf(trials, name, seed))
  const [first, ...others] = parts as [SpecPart, ...SpecPart[]]
  const { speedup, tokensPerSecond, plainTokensPerSecond } = first.overall
  const identical = parts.every(({ overall }) => overall.identical !== false)
  const { categories } = first
  const beside = Object.fromEntries(
    others.map(({ composition, overall, categories }) => [composition, { speedup: overall.speedup, categories }]),
  )
  const peerLines = Object.entries(peers).map(
    ([name, { version, threads, turns, tokensPerSecond, ratio }]) =>
      `Plain decoding: ${ratio.toFixed(2)} times ${name} ${version} (${tokensPerSecond.toFixed(1)} tokens/s; ${turns} turns, threads ${threads}).`,
  )
  const leftLines = left > 0 ? [`${left} questions are left: add --resume.`] : []
  return {
    settings,
    results: { overall: first.overall, categories, parts, peers, absent, trials },
    brief: {
      speedup,
      tokensPerSecond,
      plainTokensPerSecond,
      identical,
      categories,
      compositions: beside,
      peers,
      absent,
      left,
      settings,
    },
    text: [specText({ parts, absent }, trials), ...peerLines, ...leftLines].join('\n'),
    holds: identical,
  }
}
