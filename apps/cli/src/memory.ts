import { readFile } from 'node:fs/promises'
import { badOption, ForetokenError } from '@foretoken/core'
import { loadTrigramTable, type TrigramTable, trigramTable } from '@foretoken/drafter-aded'
import { loadSuffixPool, type SuffixPool, suffixPool } from '@foretoken/drafter-suffix'
import { type AdjacencyTable, adjacencyTable, loadAdjacencyTable } from '@foretoken/drafter-token-recycling'
import type { Loaded } from './load.ts'
import { checkWritable, unreadable, writeWhole } from './whole-file.ts'

/** What a drafter goes on with: what earlier runs left in a file. */
export interface Memory {
  readonly pool?: SuffixPool
  readonly adjacency?: AdjacencyTable
  readonly trigrams?: TrigramTable
  /** Writes back what was learned. */
  keep(): Promise<void>
}

type Learned = Omit<Memory, 'keep'>
type Reader = (bytes: Uint8Array | undefined, target: Loaded) => Learned

/** By drafter: read from the bytes of a file, or empty where there is none. */
const READERS: Readonly<Record<string, Reader>> = {
  suffix: (bytes) => ({ pool: bytes ? loadSuffixPool(bytes) : suffixPool() }),
  'token-recycling': (bytes, { model: { vocabularySize } }) => ({
    adjacency: bytes ? loadAdjacencyTable(bytes, vocabularySize) : adjacencyTable({ vocabularySize }),
  }),
  aded: (bytes) => ({ trigrams: bytes ? loadTrigramTable(bytes) : trigramTable() }),
}

/**
 * Opens a memory.
 * @throws BAD_OPTION for a drafter that learns nothing to keep, or a file that is of another drafter; BAD_CHECKSUM for one that was
 * cut or changed; VOCABULARY_MISMATCH; STORAGE_FAILED. All name the file.
 */
export async function openMemory(file: string, drafter: string, target: Loaded): Promise<Memory> {
  const read = READERS[drafter === 'auto' ? 'suffix' : drafter]
  if (!read) {
    const known = ['auto', ...Object.keys(READERS)].join(', ')
    throw badOption('run', '--memory', `stands beside --drafter ${drafter}`, `one of ${known}, which learn`)
  }
  await checkWritable(file)
  const learned = await readWith(read, file, target)
  const [store] = Object.values(learned)
  return { ...learned, keep: () => writeWhole(file, store!.save()) }
}

async function readWith(read: Reader, file: string, target: Loaded): Promise<Learned> {
  let bytes: Uint8Array | undefined
  try {
    bytes = await readFile(file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(file, cause)
  }
  try {
    return read(bytes, target)
  } catch (cause) {
    if (!ForetokenError.is(cause)) throw cause
    const { code, message, fix, details } = cause
    const found = message.slice(0, -fix.length).trimEnd()
    throw new ForetokenError(code, `--memory ${file}: ${found}`, {
      fix: 'Delete the file to begin anew, or name another one.',
      details: { ...details, file },
      cause,
    })
  }
}
