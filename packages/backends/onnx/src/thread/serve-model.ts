import { ForetokenError, type Model } from '@foretoken/core'
import type { PlacedModel } from '../place.ts'
import type { ErrorReply, Reply, Request } from './protocol.ts'

/** The way back to the owner of a model. */
export interface OwnerPort<About> {
  post(reply: Reply<About>, transfer: ArrayBuffer[]): void
  /** Called once, when requests may come. */
  listen(handle: (request: Request) => void): void
}

type Served = Model & Pick<PlacedModel, 'reuse'>

/**
 * Runs one model and its forks for another thread (`remoteModel`). Requests are handled one after the other; logits go by
 * transfer, not by copy.
 */
export async function serveModel<About>(
  port: OwnerPort<About>,
  open: () => Promise<{ readonly model: PlacedModel; readonly about: About }>,
): Promise<void> {
  const models = new Map<number, Served>()
  const fail = (model: number, error: unknown) => port.post({ kind: 'failed', model, error: describe(error) }, [])
  try {
    const { model, about } = await open()
    models.set(0, model)
    let queue: Promise<void> = Promise.resolve()
    port.listen((request) => {
      queue = queue.then(() => handle(port, models, request)).catch((error) => fail(request.model, error))
    })
    const { supports, vocabularySize, contextLength, maximumRows, where, skipping } = model
    const reuses = model.reuse !== undefined
    const facts = { supports: [...supports], vocabularySize, contextLength, maximumRows, where, reuses }
    port.post({ kind: 'ready', facts: { ...facts, ...(skipping && { subLayers: skipping.subLayers }) }, about }, [])
  } catch (error) {
    fail(0, error)
  }
}

async function handle<About>(port: OwnerPort<About>, models: Map<number, Served>, request: Request): Promise<void> {
  const model = models.get(request.model) as Served
  switch (request.kind) {
    case 'step': {
      if (request.spare) model.reuse?.(request.spare)
      const output = await model.step(request.input)
      const arrays = [output.logits, ...(output.hiddenStates?.values() ?? [])].filter(({ length }) => length > 0)
      port.post(
        { kind: 'output', model: request.model, output },
        arrays.map(({ buffer }) => buffer as ArrayBuffer),
      )
      return
    }
    case 'commit':
      model.commit(request.rows)
      return
    case 'rewind':
      model.rewind(request.length)
      return
    case 'fork':
      models.set(request.fork, (request.skipped && model.skipping?.fork(request.skipped)) ?? model.fork())
      return
    case 'dispose':
      models.delete(request.model)
      await model.dispose()
      port.post({ kind: 'disposed', model: request.model }, [])
  }
}

function describe(error: unknown): ErrorReply {
  if (ForetokenError.is(error)) {
    const { code, fix } = error
    return { code, fix, message: error.message.slice(0, -fix.length - 1), details: plain(error.details) }
  }
  const message = `The model's worker failed: ${error instanceof Error ? error.message : String(error)}.`
  return { code: 'BACKEND_FAILED', message, fix: 'Load the model again.', details: {} }
}

/** Details that can cross threads. */
function plain(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(details)) as Record<string, unknown>
}
