import { buildPackages } from '../build.ts'
import type { EngineSetup, Timing } from '../engines/engine.ts'
import { type EngineKind, type RemoteEngine, remoteEngine } from '../engines/remote.ts'
import { ggufPath, type ModelChoice, prepared } from '../model.ts'
import { installPeers } from '../peers.ts'
import type { Question } from '../questions.ts'
import { type CommonOptions, type Findings, say } from '../report.ts'
import { rotated } from '../statistics.ts'
import { type Answer, type EngineRun, peersChart, peersResults, peersText } from './peers-report.ts'
import { questionsOf } from './spec.ts'
import { contextOf } from './talk.ts'

export interface PeersOptions extends CommonOptions, ModelChoice {
  readonly composition: string
  readonly data: string
  readonly questions?: number | undefined
  readonly perCategory?: number | undefined
  readonly tokens: number
  readonly threads: number
  /** GGUF of a model that drafts for node-llama-cpp. Default: none, and that engine is left out. */
  readonly draft?: string | undefined
  readonly source?: boolean | undefined
}

interface Contestant {
  readonly name: string
  readonly kind: EngineKind
  readonly setup: EngineSetup
}

interface Started {
  readonly engine: RemoteEngine
  readonly run: EngineRun
}

/** This engine with a composition beside node-llama-cpp, plain and speculating, on the same questions, greedy. */
export async function peers(options: PeersOptions): Promise<Findings> {
  const { model, composition, tokens, threads, data } = options
  const settings = { model, composition, tokens, threads, temperature: 0, built: !options.source }
  const questions = await questionsOf(options)
  const missing = questions ? installPeers() : `there is no file ${data}; give question.jsonl of Spec-Bench with --data`
  if (!questions || missing !== undefined) {
    return { settings, results: { skipped: missing }, text: `Not measured: ${missing}.` }
  }
  if (!options.source) buildPackages()
  const { started, absent } = await startAll(await contestants(options), !options.source)
  try {
    const answers = await askAll(started, questions, options)
    for (const { engine, run } of started) run.predictions = await engine.predictions()
    const results = peersResults(
      started.map(({ run }) => run),
      answers,
      absent,
      options.seed,
    )
    return {
      settings: { ...settings, questions: questions.length },
      results: { ...results, answers },
      brief: { ...results },
      text: peersText(results),
      chart: peersChart(results),
    }
  } finally {
    for (const { engine } of started) await engine.close()
  }
}

async function contestants(options: PeersOptions): Promise<Contestant[]> {
  const handle = await prepared(options)
  const setup: EngineSetup = {
    threads: options.threads,
    contextLength: 2048,
    folder: handle.folder,
    gguf: await ggufPath(options),
    onnx: '',
    variant: '',
  }
  const list: Contestant[] = [
    { name: options.composition, kind: 'foretoken', setup: { ...setup, composition: options.composition } },
    { name: 'foretoken-plain', kind: 'foretoken', setup },
    { name: 'llama-plain', kind: 'llama', setup },
    { name: 'llama-lookup', kind: 'llama', setup: { ...setup, variant: 'lookup' } },
  ]
  const { draft } = options
  if (draft) list.push({ name: 'llama-draft', kind: 'llama', setup: { ...setup, variant: 'draft', draftGguf: draft } })
  return list
}

/** Starts every engine in a process of its own; what cannot start is left out, with the reason. */
async function startAll(
  list: readonly Contestant[],
  built: boolean,
): Promise<{ readonly started: Started[]; readonly absent: Record<string, string> }> {
  const started: Started[] = []
  const absent: Record<string, string> = {}
  for (const { name, kind, setup } of list) {
    const engine = remoteEngine(kind, { built })
    try {
      const version = await engine.load()
      await engine.open(setup)
      started.push({ engine, run: { name, version } })
    } catch (error) {
      absent[name] = (error as Error).message
      say(`Without ${name}: ${absent[name]}`)
      await engine.close()
    }
  }
  return { started, absent }
}

/** On each turn of each question the engines follow each other, in turns of who is first. */
async function askAll(
  started: readonly Started[],
  questions: readonly Question[],
  options: PeersOptions,
): Promise<Answer[]> {
  const { tokenizer } = await prepared(options)
  const stops = [...tokenizer.stopTokens]
  const warmUp = contextOf(tokenizer, ['Name three colours, then name them again.'], [])
  for (const { engine } of started) await engine.generate(warmUp, 16, stops)
  const answers: Answer[] = []
  let count = 0
  for (const { question_id: id, category, turns } of questions) {
    const said: string[] = []
    for (let at = 0; at < turns.length; at++) {
      const prompt = contextOf(tokenizer, turns.slice(0, at + 1), said)
      if (prompt.length + options.tokens > 2048) {
        say(`Question ${id}, turn ${at + 1}, does not fit into the context`)
        break
      }
      let first: Timing | undefined
      for (const { engine, run } of rotated(started, count++)) {
        const timing = await engine.generate(prompt, options.tokens, stops)
        if (run === started[0]?.run) first = timing
        answers.push({ engine: run.name, id, category, turn: at + 1, ...timed(timing) })
      }
      // The talk goes on with the first engine's answer, so that all have the same context.
      said.push(tokenizer.decode(first?.tokenIds ?? []))
    }
  }
  return answers
}

function timed({ tokenIds, firstMs, restMs }: Timing): Pick<Answer, 'tokens' | 'firstMs' | 'restMs'> {
  return { tokens: tokenIds.length, firstMs, restMs }
}
