import { ForetokenError, type StepOutput } from '@foretoken/core'
import { checkPath, checkRewind, checkSkipped, checkStep, type StepLimits } from '../checks.ts'
import type { PlacedModel } from '../place.ts'
import type { ErrorReply, ModelFacts, Reply, Request } from './protocol.ts'

/** The thread that runs a model (`serveModel`). */
export interface ModelThread {
  post(request: Request, transfer?: ArrayBuffer[]): void
  /** Ends the thread. */
  end(): unknown
  /** Told whether anybody waits for a reply: a thread that nobody waits for need not keep a program alive. */
  onWaiting?(isWaiting: boolean): void
}

/** A model on its way from another thread. */
export interface RemoteModel<About> {
  /** The model and what its loader has to say of it, once it is loaded. */
  readonly opened: Promise<{ readonly model: PlacedModel; readonly about: About }>
  /** Takes a message of the thread. */
  receive(reply: Reply<About>): void
  /** The thread is gone: rejects whoever waits and whoever comes. */
  fail(error: ForetokenError): void
}

interface Waiter {
  resolve(reply: Reply<unknown>): void
  reject(error: ForetokenError): void
}

/** A thread and who waits for it. */
interface Link {
  readonly thread: ModelThread
  readonly facts: ModelFacts
  readonly limits: StepLimits
  /** Who waits for a reply, by model. A model has one request under way at most. */
  readonly waiting: Map<number, Waiter>
  readonly next: () => number
  users: number
  /** Set when the thread is gone. */
  failure?: ForetokenError
}

/**
 * The model that another thread runs. Requests travel as messages. Arguments are checked here, so that mistakes throw at the call.
 * The thread ends with the last fork.
 */
export function remoteModel<About>(thread: ModelThread): RemoteModel<About> {
  const waiting = new Map<number, Waiter>()
  let link: Link | undefined
  let settle: { resolve(opened: { model: PlacedModel; about: About }): void; reject(error: ForetokenError): void }
  const opened = new Promise<{ model: PlacedModel; about: About }>((resolve, reject) => {
    settle = { resolve, reject }
  })
  const fail = (error: ForetokenError) => {
    if (link) link.failure = error
    for (const waiter of waiting.values()) waiter.reject(error)
    waiting.clear()
    settle.reject(error)
  }
  return {
    opened,
    fail,
    receive(reply) {
      if (reply.kind === 'ready') {
        link = connect(thread, reply.facts, waiting)
        thread.onWaiting?.(false)
        settle.resolve({ model: state(link, 0, 0), about: reply.about })
      } else if (!link && reply.kind === 'failed') {
        void thread.end()
        settle.reject(revive(reply.error))
      } else {
        const waiter = waiting.get(reply.model)
        waiting.delete(reply.model)
        if (reply.kind !== 'failed') waiter?.resolve(reply)
        else if (waiter) waiter.reject(revive(reply.error))
        // Nobody waits for commits and rewinds: after a failed one the thread's state is not what its users think.
        else fail(revive(reply.error))
        if (waiting.size === 0) thread.onWaiting?.(false)
      }
    },
  }
}

function connect(thread: ModelThread, facts: ModelFacts, waiting: Map<number, Waiter>): Link {
  let count = 0
  const isTree = facts.supports.includes('attention:tree-mask')
  return { thread, facts, limits: { ...facts, isTree }, waiting, next: () => ++count, users: 0 }
}

function state(link: Link, id: number, initialLength: number): PlacedModel {
  const { thread, facts, limits, waiting } = link
  const supports = new Set(facts.supports)
  let length = initialLength
  let parents: Int32Array | undefined
  let isDisposed = false
  let running: Promise<unknown> | undefined
  /** Memory of the last logits, which are the caller's until the next step. */
  let spare: ArrayBuffer | undefined
  link.users++

  const use = () => {
    if (isDisposed)
      throw new ForetokenError('DISPOSED', 'The model was used after it was disposed.', {
        fix: 'Load or fork it again.',
      })
    if (link.failure) throw link.failure
  }
  const ask = (request: Request, transfer?: ArrayBuffer[]) =>
    new Promise<Reply<unknown>>((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      thread.onWaiting?.(true)
      thread.post(request, transfer)
    })
  const fork = (skipped?: Uint8Array) => {
    use()
    const number = link.next()
    thread.post({ kind: 'fork', model: id, fork: number, ...(skipped && { skipped }) })
    return state(link, number, length)
  }
  const dispose = async () => {
    if (isDisposed) return
    isDisposed = true
    await running?.catch(() => undefined)
    if (!link.failure) await ask({ kind: 'dispose', model: id })
    if (--link.users === 0) await thread.end()
  }
  return {
    supports,
    where: { ...facts.where, thread: 'worker' },
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
      const pending = spare
        ? ask({ kind: 'step', model: id, input, spare }, [spare])
        : ask({ kind: 'step', model: id, input })
      spare = undefined
      running = pending
      try {
        const reply = await pending
        parents = checked.parents
        const { output } = reply as Extract<Reply, { kind: 'output' }>
        if (facts.reuses && output.logits.length > 0) spare = output.logits.buffer as ArrayBuffer
        return output
      } finally {
        running = undefined
      }
    },
    commit(rows) {
      use()
      checkPath(rows, parents)
      parents = undefined
      thread.post({ kind: 'commit', model: id, rows })
      length += rows.length
    },
    rewind(to) {
      use()
      checkRewind(to, length)
      parents = undefined
      thread.post({ kind: 'rewind', model: id, length: to })
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
