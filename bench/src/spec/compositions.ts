import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ForetokenError } from '@foretoken/core'
import { COMPOSITIONS } from '../places.ts'
import { type CompositionSpec, checkComposition } from './composition.ts'
import { KNOWN } from './registry.ts'

/** Names of the compositions in the repository, sorted. */
export async function compositionNames(): Promise<string[]> {
  const files = await readdir(COMPOSITIONS)
  return files.flatMap((file) => (file.endsWith('.json') ? [basename(file, '.json')] : [])).sort()
}

/**
 * Reads compositions by name, or by path where the name ends in `.json`.
 * @throws NOT_FOUND and BAD_OPTION, naming the file.
 */
export async function readCompositions(names: readonly string[]): Promise<CompositionSpec[]> {
  return Promise.all(names.map(readComposition))
}

async function readComposition(name: string): Promise<CompositionSpec> {
  const isPath = name.endsWith('.json')
  const file = isPath ? name : join(COMPOSITIONS, `${name}.json`)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    const known = (await compositionNames()).join(', ')
    throw new ForetokenError('NOT_FOUND', `There is no composition "${name}".`, {
      fix: `Choose from ${known}, or name a .json file.`,
      cause,
    })
  }
  const composition = checkComposition(parsed(text, file), basename(file), KNOWN)
  if (composition.name === basename(file, '.json')) return composition
  throw new ForetokenError('BAD_OPTION', `${file} names itself "${composition.name}"; its file's name was expected.`, {
    fix: 'Rename the file or correct "name".',
  })
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ForetokenError('BAD_OPTION', `${file} is not JSON: ${(cause as Error).message}.`, {
      fix: 'Correct its syntax.',
      cause,
    })
  }
}
