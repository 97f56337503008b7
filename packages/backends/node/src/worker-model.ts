import { Worker } from 'node:worker_threads'
import { checkPath, checkRewind, checkSkipped, checkStep, type StepLimits } from '@foretoken/backend-onnx'
import { ForetokenError, type Model, type StepOutput } from '@foretoken/core'
import type { SessionOptions } from './node-session.ts'
import type { ErrorReply, ModelFacts, Reply, Request, WorkerInput } from './protocol.ts'

/** A worker and who waits for it. */
interface Link {
  readonly worker: Worker
  readonly facts: ModelFacts
  readonly limits: StepLimits
  /** Who waits for a reply, by model. A model has one request under way at most. */
  readonly waiting: Map<number, Waiter>
  readonly next: () => number
  users: number
  /** Set when the worker is gone. */
  failure?: ForetokenError
}

interface Waiter {
  resolve(reply: Reply): void
  reject(error: ForetokenError): void
}

/**
 * The same model behind a worker thread. Requests travel as messages; logits come back by transfer, not by copy. Arguments are
 * checked here, so that mistakes throw at the call.
 */
export async function openModelInWorker(folder: string, options: SessionOptions): Promise<Model> {
  const link = await start({ folder, options })
  return state(link, 0, 0)
}

function start(input: WorkerInput): Promise<Link> {
  const worker = new Worker(...entry(input))
  const waiting = new Map<number, Waiter>()
  return new Promise((resolve, reject) => {
    let link: Link | undefined
    const fail = (error: ForetokenError) => {
      if (link) link.failure = error
      for (const waiter of waiting.values()) waiter.reject(error)
      waiting.clear()
      reject(error)
    }
    worker.on('error', (cause) => fail(gone(cause.message, cause)))
    worker.on('exit', () => fail(gone('it ended')))
    worker.on('message', (reply: Reply) => {
      if (reply.kind === 'ready') {
        link = connect(worker, reply.facts, waiting)
        // An idle model keeps no program alive.
        worker.unref()
        resolve(link)
      } else if (!link && reply.kind === 'failed') {
        void worker.terminate()
        reject(revive(reply.error))
      } else {
        const waiter = waiting.get(reply.model)
        waiting.delete(reply.model)
        if (reply.kind !== 'failed') waiter?.resolve(reply)
        else if (waiter) waiter.reject(revive(reply.error))
        // Nobody waits for commits and rewinds: after a failed one the worker's state is not what its users think.
        else fail(revive(reply.error))
        if (waiting.size === 0) worker.unref()
      }
    })
  })
}

function connect(worker: Worker, facts: ModelFacts, waiting: Map<number, Waiter>): Link {
  let count = 0
  const isTree = facts.supports.includes('attention:tree-mask')
  return { worker, facts, limits: { ...facts, isTree }, waiting, next: () => ++count, users: 0 }
}

/** The built worker, or its source when this file runs from source. */
function entry(workerData: WorkerInput): ConstructorParameters<typeof Worker> {
  const isSource = import.meta.url.endsWith('.ts')
  const execArgv = isSource ? ['--conditions=@foretoken/source'] : []
  return [new URL(isSource ? './worker-from-source.mjs' : './worker.js', import.meta.url), { workerData, execArgv }]
}

function state(link: Link, id: number, initialLength: number): Model {
  const { worker, facts, limits, waiting } = link
  const supports = new Set(facts.supports)
  let length = initialLength
  let parents: Int32Array | undefined
  let isDisposed = false
  let running: Promise<unknown> | undefined
  link.users++

  const use = () => {
    if (isDisposed)
      throw new ForetokenError('DISPOSED', 'The model was used after it was disposed.', {
        fix: 'Load or fork it again.',
      })
    if (link.failure) throw link.failure
  }
  const ask = (request: Request) =>
    new Promise<Reply>((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      worker.ref()
      worker.postMessage(request)
    })
  const fork = (skipped?: Uint8Array) => {
    use()
    const number = link.next()
    worker.postMessage({ kind: 'fork', model: id, fork: number, ...(skipped && { skipped }) } satisfies Request)
    return state(link, number, length)
  }
  const dispose = async () => {
    if (isDisposed) return
    isDisposed = true
    await running?.catch(() => undefined)
    if (!link.failure) await ask({ kind: 'dispose', model: id })
    if (--link.users === 0) await worker.terminate()
  }
  return {
    supports,
    vocabularySize: facts.vocabularySize,
    contextLength: facts.contextLength,
    maximumRows: facts.maximumRows,
    get length() {
      return length
    },
    async step(input): Promise<StepOutput> {
      use()
      if (running) {
        throw new ForetokenError('BAD_OPTION', 'A step began while another step of the same model was running.', {
          fix: 'Await each step, or fork the model.',
        })
      }
      const checked = checkStep(input, length, limits)
      parents = undefined
      const pending = ask({ kind: 'step', model: id, input })
      running = pending
      try {
        const reply = await pending
        parents = checked.parents
        return (reply as Extract<Reply, { kind: 'output' }>).output
      } finally {
        running = undefined
      }
    },
    commit(rows) {
      use()
      checkPath(rows, parents)
      parents = undefined
      worker.postMessage({ kind: 'commit', model: id, rows } satisfies Request)
      length += rows.length
    },
    rewind(to) {
      use()
      checkRewind(to, length)
      parents = undefined
      worker.postMessage({ kind: 'rewind', model: id, length: to } satisfies Request)
      length = to
    },
    fork: () => fork(),
    ...(facts.subLayers !== undefined && {
      skipping: {
        subLayers: facts.subLayers,
        fork(skipped) {
          checkSkipped(skipped, facts.subLayers as number)
          return fork(skipped)
        },
      },
    }),
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

function revive({ code, message, fix, details }: ErrorReply): ForetokenError {
  return new ForetokenError(code, message, { fix, details })
}

function gone(why: string, cause?: unknown): ForetokenError {
  return new ForetokenError('BACKEND_FAILED', `The model's worker thread is gone: ${why}.`, {
    fix: 'Load the model again.',
    cause,
  })
}
