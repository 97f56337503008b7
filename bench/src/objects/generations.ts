/** What became of generations, kept line by line so that a run can go on where it was left. */
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ForetokenError } from '@foretoken/core'

/** What became of a value: whole and valid; cut; whole and not valid; never there; whole where Ajv cannot judge. */
export type Outcome = 'valid' | 'incomplete' | 'invalid' | 'exception' | 'unjudged'

export interface Attempt {
  /** Number of the generation: with the seed, it decides everything. */
  readonly number: number
  readonly mode: string
  readonly layout: string
  readonly schema: string
  readonly outcome: Outcome
  /** Schemas drawn before that could not be enforced, and why. */
  readonly refused: readonly { readonly schema: string; readonly why: string }[]
  readonly tokens: number
  readonly rounds: number
  readonly drafted: number
  readonly accepted: number
  readonly ms: number
  /** Until the first token: compiling and prefill. */
  readonly firstMs: number
  /** What went wrong. */
  readonly why?: string
  readonly text?: string
}

/** Attempts on file. */
export interface Attempts {
  readonly done: ReadonlyMap<number, Attempt>
  add(attempt: Attempt): Promise<void>
}

/**
 * Opens the file of a run; `settings` say what run it is.
 * @throws BAD_OPTION for the file of another run.
 */
export async function openAttempts(file: string, settings: object, isFresh: boolean): Promise<Attempts> {
  const head = JSON.stringify(settings)
  await mkdir(dirname(file), { recursive: true })
  if (isFresh) await rm(file, { force: true })
  const text = await readFile(file, 'utf8').catch(() => '')
  // A line that was cut by the end of a process is done again.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  const [first, ...lines] = whole.split('\n').filter((line) => line !== '')
  if (first !== undefined && first !== head) {
    throw new ForetokenError('BAD_OPTION', `${file} holds another run: ${first}.`, {
      fix: 'Name another file with --state, or begin again with --fresh.',
    })
  }
  await writeFile(file, first === undefined ? `${head}\n` : whole)
  const done = new Map(lines.map((line) => JSON.parse(line) as Attempt).map((attempt) => [attempt.number, attempt]))
  return {
    done,
    async add(attempt) {
      done.set(attempt.number, attempt)
      await appendFile(file, `${JSON.stringify(attempt)}\n`)
    },
  }
}
