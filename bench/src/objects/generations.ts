/** What became of generations, kept so that a run can go on where it was left. */
import { openKeptLines } from '../kept-lines.ts'

/** What became of a value: whole and valid; cut; whole and not valid; never there; whole where Ajv cannot judge. */
export type Outcome = 'valid' | 'incomplete' | 'invalid' | 'exception' | 'unjudged'

export interface Attempt {
  /** Number of the generation: with the seed, it decides everything. */
  readonly number: number
  /** Of the code that made it: a run may go on with other code. */
  readonly commit?: string
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

/** Opens the file of a run. @throws BAD_OPTION for the file of another run. */
export async function openAttempts(file: string, settings: object, isFresh: boolean): Promise<Attempts> {
  const kept = await openKeptLines<Attempt>(file, settings, isFresh)
  const done = new Map(kept.rows.map((attempt) => [attempt.number, attempt]))
  return {
    done,
    async add(attempt) {
      done.set(attempt.number, attempt)
      await kept.add(attempt)
    },
  }
}
