import { createReadStream } from 'node:fs'
import { open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ForetokenError } from '@foretoken/core'
import { type FileRange, unsignedGraph } from '@foretoken/graph'

const WEIGHTS = 'weights.unsigned.bin'

/**
 * Makes the unsigned forms of a prepared folder's graph `name` and of its weights beside the signed ones, once, and returns the
 * graph's path. Files appear whole or not at all; two processes that make them at once write the same bytes.
 * Throws `STORAGE_FAILED`.
 */
export async function unsignedCopy(folder: string, name: string, model: Uint8Array): Promise<string> {
  const unsignedName = `${name}.unsigned.onnx`
  const graph = join(folder, unsignedName)
  if (await exists(graph)) return graph
  const unsigned = unsignedGraph(model, WEIGHTS)
  const partial = (file: string) => join(folder, `${file}.${process.pid}.partial`)
  try {
    if (unsigned.isExternal && !(await exists(join(folder, WEIGHTS)))) {
      await flipFile(join(folder, 'weights.bin'), partial(WEIGHTS), unsigned.flipped)
      await rename(partial(WEIGHTS), join(folder, WEIGHTS))
    }
    await writeFile(partial(unsignedName), unsigned.model)
    await rename(partial(unsignedName), graph)
    return graph
  } catch (cause) {
    await Promise.all([WEIGHTS, unsignedName].map((name) => rm(partial(name), { force: true })))
    throw new ForetokenError(
      'STORAGE_FAILED',
      `${folder} could not take the form of the weights that this processor needs.`,
      {
        fix: 'Make room on the disk, or make the folder writable.',
        details: { folder },
        cause,
      },
    )
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Copies a file, flipping the highest bit of each byte in `ranges`. */
async function flipFile(from: string, to: string, ranges: readonly FileRange[]): Promise<void> {
  const target = await open(to, 'w')
  try {
    let position = 0
    for await (const chunk of createReadStream(from, { highWaterMark: 1 << 20 })) {
      const bytes = chunk as Uint8Array
      for (const { offset, byteLength } of ranges) {
        const end = Math.min(bytes.length, offset + byteLength - position)
        for (let i = Math.max(0, offset - position); i < end; i++) bytes[i] = (bytes[i] as number) ^ 128
      }
      await target.write(bytes)
      position += bytes.length
    }
  } finally {
    await target.close()
  }
}
