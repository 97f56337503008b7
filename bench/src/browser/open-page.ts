import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright'
import type { Plugin } from 'vite'
import { ISOLATION } from '../../../tooling/browser/isolation.ts'
import { ROOT } from '../places.ts'
import { freshBrowser } from './site.ts'

/** Types without which a browser takes no file for code. */
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
}

export interface OpenPage extends AsyncDisposable {
  readonly page: Page
}

/** Serves the benchmark's page with `files` beside it and opens it in a headless Chromium. Throws `UNSUPPORTED` without one. */
export async function openPage(files: ReadonlyMap<string, string>): Promise<OpenPage> {
  const browser = await freshBrowser()
  // Only where a page is opened: with Playwright it holds some 60 MB, which other benchmarks' collections would have to go through.
  const { createServer } = await import('vite')
  const server = await createServer({
    configFile: false,
    root: fileURLToPath(new URL('bench/browser/', ROOT)),
    logLevel: 'error',
    plugins: [beside(files)],
    resolve: { conditions: ['@foretoken/source', 'module', 'browser', 'development'] },
    optimizeDeps: { exclude: ['onnxruntime-web'] },
    server: {
      port: 0,
      hmr: false,
      fs: { allow: [fileURLToPath(ROOT)] },
      headers: ISOLATION,
    },
  })
  const close = async () => {
    await browser.close()
    await server.close()
  }
  try {
    await server.listen()
    const page = await browser.newPage()
    await page.goto(server.resolvedUrls?.local[0] as string)
    await page.waitForFunction('globalThis.benchPage !== undefined')
    return { page, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Answers for files outside the page's folder, by address. */
function beside(files: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'files-beside',
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const path = files.get(new URL(request.url ?? '/', 'http://localhost').pathname)
        if (path === undefined) return next()
        stat(path).then(({ size }) => {
          response.setHeader('Content-Length', size)
          response.setHeader('Content-Type', TYPES[extname(path)] ?? 'application/octet-stream')
          response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
          if (request.method === 'HEAD') response.end()
          else createReadStream(path).pipe(response)
        }, next)
      })
    },
  }
}
