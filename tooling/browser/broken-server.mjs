// A part of the test server that fails on purpose, for tests of downloads. /broken/<how>/<run>/<path in the repository> answers
// with that file, /broken/log/<run> with what was asked in this run, and /broken/break/<run> breaks off the answers that wait for it.
//   resumable     the first answer breaks off in the middle; what `Range` asks for comes after
//   restarting    the first answer breaks, and `Range` is not understood
//   changing      the first answer breaks, and the file is another one after
//   hopeless      every answer breaks at the same byte
//   silent        answers begin and never go on
//   whole         nothing breaks
//   hub           nothing breaks; paths are those of the Hugging Face hub, tiny/<checkpoint>/resolve/main/<file>
import { readFile } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { root } from '../workspace/prepare.mjs'

/** A plugin for Vite. */
export function brokenServer() {
  const runs = new Map()
  const waiting = new Map()
  return {
    name: 'broken-server',
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const [, , how, run, ...path] = new URL(request.url ?? '/', 'http://localhost').pathname.split('/')
        if (!request.url?.startsWith('/broken/')) return next()
        const asked = runs.get(run) ?? []
        runs.set(run, asked)
        if (how === 'log') return response.end(JSON.stringify(asked))
        if (how === 'break') {
          for (const answer of waiting.get(run) ?? []) answer.socket?.end()
          waiting.delete(run)
          return response.end()
        }
        const onWaiting = () => waiting.set(run, [...(waiting.get(run) ?? []), response])
        if (request.method === 'GET') asked.push(request.headers.range ?? 'all')
        answer(how, asked.length, placeOf(how, path), request, response, onWaiting).catch(() => {
          response.statusCode = 404
          response.end()
        })
      })
    },
  }
}

function placeOf(how, path) {
  if (how !== 'hub') return join(root, normalize(path.join('/')))
  const [, name, , , file] = path
  const folder = join(root, 'packages', 'checkpoint', 'fixtures', 'checkpoints')
  return file.endsWith('.gguf') ? join(folder, file) : join(folder, name, file)
}

async function answer(how, count, path, request, response, onWaiting) {
  const bytes = await readFile(path)
  const etag = how === 'changing' ? `"${count}"` : '"same"'
  response.setHeader('ETag', etag)
  const from = rangeOf(how, etag, request.headers)
  response.statusCode = from > 0 ? 206 : 200
  if (from > 0) response.setHeader('Content-Range', `bytes ${from}-${bytes.length - 1}/${bytes.length}`)
  response.setHeader('Content-Length', bytes.length - from)
  if (request.method === 'HEAD') return response.end()
  const breaks = how !== 'whole' && how !== 'hub' && (how === 'hopeless' || how === 'silent' || count === 1)
  if (!breaks) return response.end(bytes.subarray(from))
  onWaiting()
  response.write(bytes.subarray(from, bytes.length >> 1))
}

function rangeOf(how, etag, headers) {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
  return how === 'restarting' || how === 'hopeless' || headers['if-range'] !== etag ? 0 : from
}
