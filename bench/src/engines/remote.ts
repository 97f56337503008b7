import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ForetokenError } from '@foretoken/core'
import type { EngineSetup, Timing } from './engine.ts'

export type EngineKind = 'foretoken' | 'llama' | 'transformers'

type Ask =
  | { readonly kind: 'load'; readonly engine: EngineKind }
  | { readonly kind: 'open'; readonly setup: EngineSetup }
  | {
      readonly kind: 'generate'
      readonly prompt: readonly number[]
      readonly count: number
      readonly stops?: readonly number[]
    }
  | { readonly kind: 'memory' }
  | { readonly kind: 'predictions' }

export type Request = Ask & { readonly id: number }
export type Reply = { readonly id: number; readonly value?: unknown; readonly error?: string }

/** An engine in a child process. */
export interface RemoteEngine {
  /** Imports the engine's code; its version. */
  load(): Promise<string>
  /** Opens the model; milliseconds. */
  open(setup: EngineSetup): Promise<number>
  generate(prompt: Int32Array, count: number, stops?: readonly number[]): Promise<Timing>
  /** What the engine counted of its speculation; nothing from one that does not. */
  predictions(): Promise<Readonly<Record<string, number>> | undefined>
  /** Peak resident memory so far, in bytes. */
  peakMemory(): Promise<number>
  /** Ends the process. */
  close(): Promise<void>
}

export interface RemoteOptions {
  /** Run this engine's packages as built, not from their sources. */
  readonly built: boolean
}

/** Starts a child process for an engine. */
export function remoteEngine(engine: EngineKind, options: RemoteOptions): RemoteEngine {
  const condition = options.built ? [] : ['--conditions=@foretoken/source']
  const child = fork(fileURLToPath(new URL('child.ts', import.meta.url)), {
    execArgv: [...condition, '--import', import.meta.resolve('tsx')],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const ask = asker(engine, child)
  return {
    load: () => ask({ kind: 'load', engine }) as Promise<string>,
    open: (setup) => ask({ kind: 'open', setup }) as Promise<number>,
    generate: (prompt, count, stops) =>
      ask({ kind: 'generate', prompt: [...prompt], count, ...(stops && { stops }) }) as Promise<Timing>,
    predictions: () => ask({ kind: 'predictions' }) as Promise<Readonly<Record<string, number>> | undefined>,
    peakMemory: () => ask({ kind: 'memory' }) as Promise<number>,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.disconnect()
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
      await ended
      clearTimeout(timer)
    },
  }
}

/** Sends requests and matches replies; a child that dies fails whatever waits. */
function asker(engine: EngineKind, child: ChildProcess): (request: Ask) => Promise<unknown> {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let next = 0
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = (errors + chunk).slice(-2000)
  })
  child.on('message', ({ id, value, error }: Reply) => {
    const entry = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) entry?.resolve(value)
    else entry?.reject(failed(engine, error))
  })
  child.on('exit', (code, signal) => {
    for (const { reject } of waiting.values())
      reject(failed(engine, `it ended with ${signal ?? code}: ${errors.trim()}`))
    waiting.clear()
  })
  return (request) =>
    new Promise((resolve, reject) => {
      if (!child.connected) return reject(failed(engine, `its process is gone: ${errors.trim()}`))
      waiting.set(++next, { resolve, reject })
      child.send({ ...request, id: next })
    })
}

function failed(engine: EngineKind, reason: string): ForetokenError {
  return new ForetokenError('BACKEND_FAILED', `The engine ${engine} failed: ${reason}.`, {
    fix: 'Leave it out with --engines, or install it again by removing bench/peers/node_modules.',
    details: { engine },
  })
}
