import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ForetokenError } from '@foretoken/core'
import { type Checkpoint, openGgufCheckpoint, openSafetensorsCheckpoint } from '../checkpoint.ts'
import { fileSource, folderFiles } from './files.ts'

/** Opens a `.gguf` file, a folder with safetensors or a file in it. Throws `NOT_FOUND`, `BAD_CHECKPOINT`, `UNSUPPORTED`. */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  if (path.endsWith('.safetensors')) return openSafetensorsCheckpoint(folderFiles(dirname(path)))
  if (await isFolder(path)) return openSafetensorsCheckpoint(folderFiles(path))
  return openGgufCheckpoint(await fileSource(path), folderFiles(dirname(path)))
}

/** The files whose content decides what a checkpoint is, in a fixed order. */
export async function checkpointFiles(path: string): Promise<string[]> {
  if (!(await isFolder(path))) return [path]
  const names = (await readdir(path)).filter((name) => /\.(safetensors|json|jinja)$/.test(name)).sort()
  return names.map((name) => join(path, name))
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch((cause) => {
    throw new ForetokenError('NOT_FOUND', `There is no file or folder at ${path}.`, {
      fix: 'Check the path, or give the name of a model.',
      details: { path },
      cause,
    })
  })
  return found.isDirectory()
}
