import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ModelChoice } from '../../model.ts'
import { installPeers } from '../../peers.ts'
import { PEERS } from '../../places.ts'
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
const SECONDS = 30

/** Names of schemas, in order, for those during which an engine is ended. */
export async function peerRun(setup: PeerSetup, names: readonly string[]): Promise<PeerRun | { readonly why: string }> {
  const folder = new URL('masks/', PEERS)
  const missing = installPeers(folder, 'XGrammar and LLGuidance into bench/peers/masks (about 6 MB)')
  if (missing !== undefined) return { why: missing }
  const verdicts: Verdict[] = []
  const times: number[] = []
  let peakResidentKiB = 0
  let child = start()
  try {
    const begun = await ask(child, { kind: 'begin', setup }, SECONDS)
    if (begun.vocabularyMs === undefined) return { why: begun.error ?? 'it did not begin' }
    for (const [index, name] of names.entries()) {
      if (index % 200 === 199) say(`${setup.peer}: ${index + 1} of ${names.length}`)
      const reply = await ask(child, { kind: 'judge', index }, SECONDS)
      verdicts.push(reply.verdict ?? failed(name, reply.error ?? 'no answer'))
      for (const time of reply.times ?? []) times.push(time)
      peakResidentKiB = Math.max(peakResidentKiB, reply.memoryKiB ?? 0)
      if (reply.verdict) continue
      child.kill('SIGKILL')
      child = start()
      const again = await ask(child, { kind: 'begin', setup }, SECONDS)
      if (again.vocabularyMs === undefined) return { why: `it did not begin again after ${name}: ${again.error}` }
    }
    return { engine: setup.peer, verdicts, times, vocabularyMs: begun.vocabularyMs, peakResidentKiB }
  } finally {
    child.kill('SIGKILL')
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
      clearTimeout(timer)
      child.off('message', done)
      child.off('exit', died)
      resolve(reply)
    }
    const died = (code: number | null, signal: string | null): void =>
      done({ error: `the engine's process ended (${signal ?? code})` })
    const timer = setTimeout(() => done({ error: `no answer within ${seconds} s` }), seconds * 1000)
    child.on('message', done)
    child.on('exit', died)
    child.send(request, (error) => error && done({ error: error.message }))
  })
}
