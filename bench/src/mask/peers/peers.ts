import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type KeptLines, openKeptLines } from '../../kept-lines.ts'
import type { ModelChoice } from '../../model.ts'
import { installPeers } from '../../peers.ts'
import { PEERS, RESULTS } from '../../places.ts'
import { say } from '../../report.ts'
import type { Verdict } from '../judge.ts'
import type { VocabularyName } from '../vocabularies.ts'

export const MASK_PEERS = ['xgrammar', 'llguidance'] as const
export type PeerName = (typeof MASK_PEERS)[number]

export interface PeerSetup {
  readonly peer: PeerName
  readonly vocabulary: VocabularyName
  readonly choice: ModelChoice
  readonly data: string
}

export type PeerRequest =
  | { readonly kind: 'begin'; readonly setup: PeerSetup }
  | { readonly kind: 'judge'; readonly index: number }

export interface PeerReply {
  readonly error?: string
  readonly vocabularyMs?: number
  readonly verdict?: Verdict
  readonly times?: readonly number[]
  readonly memoryKiB?: number
}

export interface PeerRun {
  readonly engine: PeerName
  readonly verdicts: readonly Verdict[]
  readonly times: readonly number[]
  readonly vocabularyMs: number
  /** Largest resident set of its process, schemas and vocabulary included. */
  readonly peakResidentKiB: number
}

/** Most time for a schema with its instances, in seconds: MaskBench allows 900, and a run over all of them must end. */
const SECONDS = 10
/** Most time until an engine is ready. */
const BEGIN_SECONDS = 120

/** What an engine did with one schema. */
interface Row {
  readonly verdict: Verdict
  readonly times: readonly number[]
  readonly memoryKiB: number
  readonly vocabularyMs: number
}

/**
 * Names of schemas, in order, for those during which an engine is ended. Each result is kept in `bench/results` until all are there:
 * a run that was cut off goes on where it was left.
 */
export async function peerRun(setup: PeerSetup, names: readonly string[]): Promise<PeerRun | { readonly why: string }> {
  const folder = new URL('masks/', PEERS)
  const missing = installPeers(folder, 'XGrammar and LLGuidance into bench/peers/masks (about 6 MB)')
  if (missing !== undefined) return { why: missing }
  const key = createHash('sha256')
    .update(JSON.stringify([setup, names]))
    .digest('hex')
    .slice(0, 12)
  const file = join(RESULTS, `mask-${setup.peer}-${key}.jsonl`)
  const kept = await openKeptLines<Row>(file, { ...setup, schemas: names.length }, false)
  const why = await judgeRest(setup, names, kept)
  if (why !== undefined) return { why }
  await rm(file)
  return {
    engine: setup.peer,
    verdicts: kept.rows.map(({ verdict }) => verdict),
    times: kept.rows.flatMap(({ times }) => times),
    vocabularyMs: kept.rows[0]?.vocabularyMs ?? 0,
    peakResidentKiB: kept.rows.reduce((most, { memoryKiB }) => Math.max(most, memoryKiB), 0),
  }
}

/** @returns Why it could not go on. */
async function judgeRest(
  setup: PeerSetup,
  names: readonly string[],
  kept: KeptLines<Row>,
): Promise<string | undefined> {
  let child: ChildProcess | undefined
  let vocabularyMs = 0
  try {
    for (let index = kept.rows.length; index < names.length; index++) {
      if (index % 100 === 99) say(`${setup.peer}: ${index + 1} of ${names.length}`)
      if (!child) {
        child = start()
        const begun = await ask(child, { kind: 'begin', setup }, BEGIN_SECONDS)
        if (begun.vocabularyMs === undefined) return begun.error ?? 'it did not begin'
        vocabularyMs = begun.vocabularyMs
      }
      const { verdict, times = [], memoryKiB = 0, error } = await ask(child, { kind: 'judge', index }, SECONDS)
      await kept.add({
        verdict: verdict ?? failed(names[index]!, error ?? 'no answer'),
        times,
        memoryKiB,
        vocabularyMs,
      })
      if (verdict) continue
      child.kill('SIGKILL')
      child = undefined
    }
    return undefined
  } finally {
    child?.kill('SIGKILL')
  }
}

function failed(name: string, why: string): Verdict {
  const none: readonly string[] = []
  return {
    name,
    compileMs: 0,
    firstMaskMs: 0,
    falseAccepts: none,
    falseRejects: none,
    compileError: why,
    states: 0,
    maskMaxUs: 0,
    maskMaxAtMs: 0,
  }
}

const start = (): ChildProcess =>
  fork(fileURLToPath(new URL('child.ts', import.meta.url)), {
    execArgv: [
      ...process.execArgv.filter((each) => each.startsWith('--conditions')),
      '--import',
      import.meta.resolve('tsx'),
    ],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })

/** One answer; an error where the process dies or the time is up. */
function ask(child: ChildProcess, request: PeerRequest, seconds: number): Promise<PeerReply> {
  return new Promise((resolve) => {
    const done = (reply: PeerReply): void => {
      clearInterval(timer)
      child.off('message', done)
      child.off('exit', died)
      resolve(reply)
    }
    const died = (code: number | null, signal: string | null): void =>
      done({ error: `the engine's process ended (${signal ?? code})` })
    // Seconds in which this process ran: one that is halted together with its engine blames it for nothing.
    let left = seconds
    const timer = setInterval(() => --left <= 0 && done({ error: `no answer within ${seconds} s` }), 1000)
    child.on('message', done)
    child.on('exit', died)
    child.send(request, (error) => error && done({ error: error.message }))
  })
}
