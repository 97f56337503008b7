import { firstDifference } from '../first-difference.ts'
import { exportFolder, ggufPath, type ModelChoice, prepared } from '../model.ts'
import type { CommonOptions, Findings } from '../report.ts'
import { say } from '../report.ts'
import type { Trial } from '../spec/measure.ts'
import { questionsOf, type SpecPart } from '../spec/spec.ts'
import { specText } from '../spec/spec-report.ts'
import { summarize } from '../spec/summary.ts'
import { contextOf } from '../spec/talk.ts'
import { grouped } from '../statistics.ts'
import { openPage } from './open-page.ts'
import type { BenchPage, PeerName, Speculation, TurnAnswers } from './page-interface.ts'
import { openPeers, type PeerSummary, type Present, peerFiles, summarizePeers } from './peers.ts'

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
  /** Engines of others beside plain decoding. */
  readonly engines: readonly PeerName[]
  /** Export for transformers.js. */
  readonly onnx?: string | undefined
}

declare const benchPage: BenchPage

/** Everything that was measured. */
interface Measured {
  readonly trials: readonly Trial[]
  readonly peers: Partial<Record<PeerName, PeerSummary>>
  readonly absent: Readonly<Record<string, string>>
}

/** Speculation and other engines beside plain decoding in a browser, on WASM, turn by turn in one page. */
export async function browser(options: BrowserOptions): Promise<Findings> {
  const { model, draft, tokens, threads, data, seed, engines } = options
  const settings = { model, draft, tokens, threads, engines }
  const questions = await questionsOf(options)
  if (!questions) {
    const skipped = `there is no file ${data}; name Spec-Bench's questions with --data`
    return { settings, results: { skipped }, brief: { skipped }, text: `Not measured: ${skipped}.` }
  }
  const { tokenizer, info } = await prepared(options)
  const files = engines.length > 0 ? await peerFiles(options.onnx ?? exportFolder(options)) : new Map<string, string>()
  files.set('/model.gguf', await ggufPath(options))
  const hasDraft = draft !== 'none'
  if (hasDraft) files.set('/draft.gguf', await ggufPath({ ...options, model: draft }))
  await using opened = await openPage(files)
  const { page } = opened
  const task = { address: '/model.gguf', draftAddress: hasDraft ? '/draft.gguf' : undefined, threads }
  const place = await page.evaluate((task) => benchPage.open(task), task)
  say(`${JSON.stringify(place.runtime)} in ${place.agent}`)
  const contextLength = Math.min(2048, info.architecture.contextLength)
  const present: Present = await openPeers(page, engines, files, { threads, contextLength })
  const trials: Trial[] = []
  const turns: TurnAnswers[] = []
  for (const [i, question] of questions.entries()) {
    const answers: string[] = []
    for (let turn = 0; turn < question.turns.length; turn++) {
      const prompt = [...contextOf(tokenizer, question.turns.slice(0, turn + 1), answers)]
      const asked = { prompt, tokens, turn: turns.length }
      const answered = await page.evaluate((asked) => benchPage.turn(asked), asked)
      turns.push(answered)
      answers.push(tokenizer.decode(answered.plain.tokenIds))
      const { question_id: id, category } = question
      trials.push(...trialsOf(answered, { id, category, turn: turn + 1, promptTokens: prompt.length }))
    }
    if ((i + 1) % 5 === 0) say(`${i + 1} of ${questions.length} questions`)
  }
  const peers = summarizePeers(turns, present)
  return findings({ trials, peers, absent: present.absent }, { ...settings, questions: questions.length, place }, seed)
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
  return { composition, about: '', temperature: 0, boundShare: null, overall: summarize(own, seed), categories }
}

function findings({ trials, peers, absent }: Measured, settings: Findings['settings'], seed: number): Findings {
  const auto = partOf(trials, 'auto', seed)
  const hasDraft = trials.some(({ composition }) => composition === 'auto-draft')
  const parts = hasDraft ? [auto, partOf(trials, 'auto-draft', seed)] : [auto]
  const draft = parts[1]
  const { speedup, tokensPerSecond, plainTokensPerSecond } = auto.overall
  const identical = parts.every(({ overall }) => overall.identical !== false)
  const { categories } = auto
  const withDraft = draft && { speedup: draft.overall.speedup, categories: draft.categories }
  const lines = Object.entries(peers).map(
    ([name, { version, tokensPerSecond, ratio }]) =>
      `Plain decoding: ${ratio.toFixed(2)} times ${name} ${version} (${tokensPerSecond.toFixed(1)} tokens/s).`,
  )
  return {
    settings,
    results: { overall: auto.overall, categories, parts, peers, absent, trials },
    brief: {
      speedup,
      tokensPerSecond,
      plainTokensPerSecond,
      identical,
      categories,
      ...(withDraft && { draft: withDraft }),
      peers,
      absent,
      settings,
    },
    text: [specText({ parts, absent }, trials), ...lines].join('\n'),
    holds: identical,
  }
}
