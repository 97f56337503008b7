import { vocabulary } from '@foretoken/constraint'
import type { ModelChoice } from '../model.ts'
import type { CommonOptions, Findings } from '../report.ts'
import { say } from '../report.ts'
import { watchCollector, withCollector } from './collector.ts'
import { type CutData, cutData } from './cut.ts'
import { foretokenEngine } from './engine.ts'
import { follow, isRight, judge, type Verdict } from './judge.ts'
import { collectAll, type Memory, measureMemory } from './memory.ts'
import { MASK_PEERS, type PeerRun, peerRun } from './peers/peers.ts'
import { type EngineFigures, figuresText, maskChart, missedBars, slowest, slowestText, summary } from './summary.ts'
import { maskTokenizer, type VocabularyName } from './vocabularies.ts'

export interface MaskOptions extends CommonOptions, ModelChoice {
  readonly data: string
  readonly schemas?: number
  readonly order: 'schema' | 'free'
  readonly vocabulary: VocabularyName
  readonly peers?: boolean
  readonly memory: boolean
}

interface OwnRun {
  readonly verdicts: readonly Verdict[]
  readonly times: readonly number[]
  readonly vocabularyMs: number
}

/** MaskBench's protocol: compile, then follow each instance token by token, a mask before each. */
export async function mask(options: MaskOptions): Promise<Findings> {
  const cut = await cutData(options.data, options.schemas, await maskTokenizer(options.vocabulary, options))
  const own = await ownRun(cut, options)
  const memory = options.memory ? await memoryOf(cut, options) : undefined
  const { runs, absent } = await peerRuns(
    own.verdicts.map(({ name }) => name),
    options,
  )
  const figures = summary(own.verdicts, own.times)
  const engines = [
    { engine: 'foretoken', ...figures },
    ...runs.map((run) => ({ engine: run.engine, ...summary(run.verdicts, run.times) })),
  ]
  const brief = {
    ...figures,
    maskMaxCollectorUs: slowest(own.verdicts, 1).masks[0]?.maskMaxCollectorUs ?? 0,
    missed: missedBars(figures),
    ...memory?.figures,
    vocabularyMs: own.vocabularyMs,
    vocabularySize: cut.source.vocabularySize,
    ...(options.peers && { peers: runs.map((run, i) => peerFigures(run, engines[i + 1]!)), absent }),
  }
  const { data, model, order, vocabulary: name } = options
  return {
    settings: { data, order, vocabulary: name, ...(name === 'model' && { model }) },
    results: {
      ...brief,
      wrong: own.verdicts.filter((each) => !isRight(each)),
      slowest: slowest(own.verdicts),
      largest: memory?.largest ?? [],
    },
    brief,
    text: textFor(engines, own, memory, absent, missedBars(figures)),
    chart: maskChart([{ engine: 'foretoken', times: own.times }, ...runs]),
    holds: figures.falseAccepts === 0,
  }
}

async function ownRun({ source, warm, cases }: CutData, { order }: MaskOptions): Promise<OwnRun> {
  // What cut the texts is given up now, not while masks are timed.
  await collectAll()
  const started = performance.now()
  const engine = foretokenEngine(vocabulary(source), order)
  const vocabularyMs = performance.now() - started
  await follow(await engine.compile({}), warm)
  const times: number[] = []
  const verdicts: Verdict[] = []
  const ended = watchCollector()
  for (const [i, read] of cases.entries()) {
    if (i % 200 === 199) say(`${i + 1} of ${cases.length}`)
    verdicts.push(await judge(read(), engine, times))
  }
  return { verdicts: withCollector(verdicts, await ended()), times, vocabularyMs }
}

function memoryOf({ source, cases }: CutData, { order }: MaskOptions): Promise<Memory> {
  say('memory …')
  return measureMemory(cases, () => foretokenEngine(vocabulary(source), order))
}

/** The other engines, one after another, and why those that are missing are. */
async function peerRuns(
  names: readonly string[],
  options: MaskOptions,
): Promise<{ readonly runs: readonly PeerRun[]; readonly absent: Readonly<Record<string, string>> }> {
  const runs: PeerRun[] = []
  const absent: Record<string, string> = {}
  const { model, cache, offline, vocabulary: name, data } = options
  for (const peer of options.peers ? MASK_PEERS : []) {
    say(`${peer} …`)
    const run = await peerRun({ peer, vocabulary: name, choice: { model, cache, offline }, data }, names)
    if ('why' in run) absent[peer] = run.why
    else runs.push(run)
  }
  return { runs, absent }
}

function peerFigures(run: PeerRun, figures: EngineFigures) {
  const refusals = run.verdicts.flatMap(({ name, compileError }) => (compileError ? [{ name, compileError }] : []))
  return { ...figures, vocabularyMs: run.vocabularyMs, peakResidentKiB: run.peakResidentKiB, refusals }
}

function textFor(
  engines: readonly EngineFigures[],
  { verdicts }: OwnRun,
  memory: Memory | undefined,
  absent: Readonly<Record<string, string>>,
  missed: readonly string[],
): string {
  const lines = [figuresText(engines), '', slowestText(verdicts), '']
  if (memory) {
    for (const [name, value] of Object.entries(memory.figures)) lines.push(`${name}  ${Math.round(value)}`)
    lines.push(
      `largest: ${memory.largest
        .slice(0, 6)
        .map(({ name, KiB }) => `${name} ${Math.round(KiB)} KiB`)
        .join(', ')}`,
    )
  }
  for (const [name, why] of Object.entries(absent)) lines.push(`Not measured: ${name}: ${why}`)
  lines.push(missed.length === 0 ? 'Every bar is reached.' : `Not reached: ${missed.join(', ')}.`)
  return lines.join('\n')
}
