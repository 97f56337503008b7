import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ISOLATION } from '../../../tooling/browser/isolation.ts'

export const DIST: string = fileURLToPath(new URL('../dist/', import.meta.url))

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
}

export interface Site {
  readonly address: string
  close(): Promise<void>
}

interface Host {
  /** Where the built site is. Default: here. */
  readonly folder?: string | undefined
  /** Whether it sends the headers of isolation. Default: it knows nothing of them. */
  readonly isolates?: boolean
}

/** Serves the built site as a static host does. */
export async function serve({ folder = DIST, isolates = false }: Host = {}): Promise<Site> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const path = join(folder, pathname.endsWith('/') ? `${pathname}index.html` : pathname)
    stat(path).then(
      ({ size }) => {
        if (isolates) for (const header of Object.entries(ISOLATION)) response.setHeader(...header)
        response.setHeader('Content-Length', size)
        response.setHeader('Content-Type', TYPES[extname(path)] ?? 'application/octet-stream')
        createReadStream(path).pipe(response)
      },
      () => {
        response.statusCode = 404
        response.end()
      },
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://localhost:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
