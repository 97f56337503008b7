import { serveModel } from '@foretoken/backend-onnx'
import { addressOf, openModel } from '@foretoken/checkpoint/web'
import type { About, FromWorker, OpenRequest, ToWorker } from './protocol.ts'
import { openSession } from './web-session.ts'

/** What this file uses of its global scope. */
interface Scope {
  readonly name: string
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null
  postMessage(message: FromWorker, transfer?: Transferable[]): void
}

const scope = globalThis as unknown as Scope
const aborted = new AbortController()

async function serve({ location, base, options }: OpenRequest): Promise<void> {
  const { provider, threads, maximumRows, ...given } = options
  const session = { provider, threads, maximumRows }
  await serveModel<About>(
    {
      post: (reply, transfer) => scope.postMessage(reply, transfer),
      listen(handle) {
        scope.onmessage = ({ data }) => {
          if (data.kind !== 'open' && data.kind !== 'abort') handle(data)
        }
      },
    },
    async () => {
      const { url, ...known } =
        typeof location === 'string' ? addressOf(location, base, given.hubUrl) : { url: location }
      const opened = await openModel(url, {
        ...known,
        ...given,
        signal: aborted.signal,
        onProgress: (progress) => scope.postMessage({ kind: 'progress', progress }),
      })
      const { info, tokenizer, note } = opened
      try {
        const { model, runtime } = await openSession(opened, session, ({ code, message, fix }) => {
          const error = { code, fix, message: message.slice(0, -fix.length - 1), details: {} }
          scope.postMessage({ kind: 'failed', model: -1, error })
        })
        return { model, about: { info, tokenizer, runtime, ...(note !== undefined && { note }) } }
      } finally {
        opened.release()
      }
    },
  )
}

// A bundler may put the runtime into this very script, which the runtime then starts again for each of its threads.
if (!scope.name.startsWith('em-pthread')) {
  scope.onmessage = ({ data }) => {
    if (data.kind === 'open') void serve(data)
    else if (data.kind === 'abort') aborted.abort()
  }
}
