import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** Gzipped bytes of page, scripts and styles of the built site in `folder`: all but the models and the runtime's `.wasm`. */
export async function pageWeight(folder: string): Promise<number> {
  const names = await readdir(join(folder, 'assets'))
  const own = names.filter((name) => /\.(js|mjs|css)$/.test(name)).map((name) => join('assets', name))
  const sizes = await Promise.all(
    ['index.html', ...own].map(async (name) => gzipSync(await readFile(join(folder, name))).length),
  )
  return sizes.reduce((sum, each) => sum + each, 0)
}
