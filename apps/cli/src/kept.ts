import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'

/** The machine and its threads, as far as times depend on them. */
export const machineOf = (threads: number | undefined): string =>
  `${cpus()[0]?.model ?? 'unknown'}, ${threads ?? availableParallelism()} threads`

/** What is kept beside a converted model; nothing where there is none, or none that can be read. */
export async function readKept<T>(file: string, parse: (value: unknown) => T): Promise<T | undefined> {
  try {
    return parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return undefined
  }
}

/** A folder that cannot be written to costs a measurement at every start, and nothing else. */
export async function keep(file: string, value: unknown): Promise<void> {
  const partial = `${file}.${randomUUID()}`
  try {
    await writeFile(partial, JSON.stringify(value))
    await rename(partial, file)
  } catch {
    await rm(partial, { force: true })
  }
}
