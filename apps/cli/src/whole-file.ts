import { randomUUID } from 'node:crypto'
import { access, constants, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ForetokenError } from '@foretoken/core'

/** Writes a file at once or not at all. @throws STORAGE_FAILED */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const partial = `${file}.${randomUUID()}`
  try {
    await writeFile(partial, content)
    await rename(partial, file)
  } catch (cause) {
    await rm(partial, { force: true })
    throw unwritable(file, cause)
  }
}

/** Refuses before the generation what could not be written after it. @throws STORAGE_FAILED */
export async function checkWritable(file: string): Promise<void> {
  try {
    await access(dirname(file), constants.W_OK)
  } catch (cause) {
    throw unwritable(file, cause)
  }
}

export function unreadable(file: string, cause: unknown): ForetokenError {
  return new ForetokenError('NOT_FOUND', `${file} cannot be read: ${reasonOf(cause)}.`, {
    fix: 'Check the path.',
    cause,
  })
}

function unwritable(file: string, cause: unknown): ForetokenError {
  return new ForetokenError('STORAGE_FAILED', `${file} cannot be written: ${reasonOf(cause)}.`, {
    fix: 'Name a file in a folder that you may write to.',
    cause,
  })
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
