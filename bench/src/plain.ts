import { existsSync } from 'node:fs'
import { buildPackages } from './build.ts'
import type { EngineSetup } from './engines/engine.ts'
import { type EngineKind, type RemoteEngine, remoteEngine } from './engines/remote.ts'
import { exportFolder, ggufPath, type ModelChoice, prepared, textTokens } from './model.ts'
import { installPeers } from './peers.ts'
import { plainChart, plainText } from './plain-report.ts'
import { type CommonOptions, type Findings, say } from './report.ts'
import { medianRatio, rotated } from './statistics.ts'

export interface PlainOptions extends CommonOptions, ModelChoice {
  readonly engines: readonly string[]
  readonly contexts: readonly number[]
  /** Tokens decoded in each run. */
  readonly tokens: number
  readonly repetitions: number
  /** Fresh starts of each engine. */
  readonly loads: number
  readonly threads: number
  /** Folder of the export for transformers.js. */
  readonly onnx?: string | undefined
  /** Text that prompts are cut from. */
  readonly data?: string | undefined
  /** Run this engine's packages from their sources instead of as built. */
  readonly source?: boolean | undefined
}

/** What was measured of one engine, all lists in order of measurement. */
export interface EngineResult {
  readonly name: string
  version: string
  /** Tokens a second by context. */
  readonly decode: Record<number, number[]>
  /** Prompt tokens a second until the first token, by context. */
  readonly prefill: Record<number, number[]>
  /** From the start of opening to the first token of a 16-token prompt, with the engine's code imported; milliseconds. */
  readonly loadMs: number[]
  /** Peak resident memory of the engine's process after each context, bytes. */
  readonly memory: Record<number, number>
}

export interface PlainResults {
  readonly engines: readonly EngineResult[]
  /** Median of this engine's rate over the other's in the same repetition: above 1 is faster. */
  readonly ratios: Record<string, { decode: Record<number, number>; prefill: Record<number, number>; load: number }>
  /** Engines left out, and why. */
  readonly absent: Readonly<Record<string, string>>
}

interface Runner {
  readonly result: EngineResult
  readonly kind: EngineKind
  readonly setup: EngineSetup
}

/** Plain greedy decoding of one checkpoint by several engines: same prompts, interleaved runs, medians of ratios. */
export async function plain(options: PlainOptions): Promise<Findings> {
  if (!options.source && options.engines.some((name) => name.startsWith('foretoken'))) buildPackages()
  const contexts = [...options.contexts].sort((a, b) => a - b)
  const longest = contexts.at(-1)!
  const handle = await prepared(options)
  const tokens = await textTokens(handle.tokenizer, longest, options.data)
  const setup = {
    threads: options.threads,
    contextLength: longest + options.tokens,
    folder: handle.folder,
    gguf: await ggufPath(options),
    onnx: options.onnx ?? exportFolder(options),
    variant: '',
  }
  const { runners, absent } = choose(options.engines, setup)
  await measureLoads(runners, options, tokens.subarray(0, 16))
  await measureRuns(runners, options, contexts, tokens)
  const results = { engines: runners.map(({ result }) => result), ratios: ratiosOf(runners, contexts), absent }
  const { model, repetitions, loads, threads } = options
  return {
    settings: { model, contexts, tokens: options.tokens, repetitions, loads, threads, built: !options.source },
    results,
    text: plainText(results, contexts),
    chart: plainChart(results, contexts),
  }
}

/** Engines that can run here, and why others cannot. */
function choose(names: readonly string[], setup: EngineSetup): { runners: Runner[]; absent: Record<string, string> } {
  const runners: Runner[] = []
  const absent: Record<string, string> = {}
  const missingPeers = names.some((name) => !name.startsWith('foretoken')) ? installPeers() : undefined
  for (const name of names) {
    const [kind, variant = ''] = name.split('-') as [EngineKind, string?]
    const reason = kind === 'foretoken' ? undefined : (missingPeers ?? missingExport(kind, setup))
    if (reason !== undefined) {
      say(`Without ${name}: ${reason}`)
      absent[name] = reason
      continue
    }
    const result = { name, version: '', decode: {}, prefill: {}, loadMs: [], memory: {} }
    runners.push({ result, kind, setup: { ...setup, variant } })
  }
  return { runners, absent }
}

function missingExport(kind: EngineKind, { onnx }: EngineSetup): string | undefined {
  if (kind !== 'transformers' || existsSync(onnx)) return undefined
  return `there is no export at ${onnx}; make one with bench/export/export.py or name one with --onnx`
}

async function started(runner: Runner, options: PlainOptions): Promise<RemoteEngine> {
  const engine = remoteEngine(runner.kind, { built: !options.source })
  runner.result.version = await engine.load()
  return engine
}

/** Each time a fresh process: opening the model and its first token. */
async function measureLoads(runners: readonly Runner[], options: PlainOptions, prompt: Int32Array): Promise<void> {
  for (let i = 0; i < options.loads; i++) {
    for (const runner of rotated(runners, i)) {
      const engine = await started(runner, options)
      const openMs = await engine.open(runner.setup)
      const { firstMs } = await engine.generate(prompt, 1)
      runner.result.loadMs.push(openMs + firstMs)
      await engine.close()
      say(`load ${i + 1}/${options.loads} ${runner.result.name}: ${(openMs + firstMs).toFixed(0)} ms`)
    }
  }
}

/** Contexts in ascending order, so that memory is read after each; in a repetition the engines follow each other. */
async function measureRuns(
  runners: readonly Runner[],
  options: PlainOptions,
  contexts: readonly number[],
  tokens: Int32Array,
): Promise<void> {
  const engines = new Map<Runner, RemoteEngine>()
  try {
    for (const runner of runners) {
      const engine = await started(runner, options)
      engines.set(runner, engine)
      await engine.open(runner.setup)
      await engine.generate(tokens.subarray(0, contexts[0]), 8)
    }
    for (const context of contexts) {
      for (let i = 0; i < options.repetitions; i++) {
        for (const runner of rotated(runners, i)) {
          const timing = await engines.get(runner)!.generate(tokens.subarray(0, context), options.tokens)
          record(runner.result, context, timing)
        }
      }
      for (const runner of runners) runner.result.memory[context] = await engines.get(runner)!.peakMemory()
    }
  } finally {
    for (const engine of engines.values()) await engine.close()
  }
}

function record(
  { name, decode, prefill }: EngineResult,
  context: number,
  { firstMs, restMs, tokenIds }: { firstMs: number; restMs: number; tokenIds: readonly number[] },
): void {
  const rate = ((tokenIds.length - 1) * 1000) / restMs
  const filled = (context * 1000) / firstMs
  decode[context] = [...(decode[context] ?? []), rate]
  prefill[context] = [...(prefill[context] ?? []), filled]
  say(`context ${context} ${name}: prefill ${filled.toFixed(0)}, decode ${rate.toFixed(1)} tokens/s`)
}

function ratiosOf(runners: readonly Runner[], contexts: readonly number[]): PlainResults['ratios'] {
  const ours = runners.find(({ kind }) => kind === 'foretoken')?.result
  const ratios: PlainResults['ratios'] = {}
  if (!ours) return ratios
  for (const { result } of runners) {
    if (result === ours) continue
    const by = (what: 'decode' | 'prefill'): Record<number, number> =>
      Object.fromEntries(
        contexts.map((context) => [context, medianRatio(ours[what][context]!, result[what][context]!)]),
      )
    ratios[result.name] = {
      decode: by('decode'),
      prefill: by('prefill'),
      load: medianRatio(result.loadMs, ours.loadMs),
    }
  }
  return ratios
}
