/**
 * A text that the draft model writes ahead of what is committed, in the background, and takes up or forgets once more is known.
 *
 * What is written never depends on when a step ends: how many tokens are written, and with which uniforms, is planned
 * beforehand, and whoever needs a planned token waits for it.
 */
import {
  argmax,
  categorical,
  ForetokenError,
  type LogitsProcessor,
  logSumExp,
  type Model,
  maximum,
  softmax,
} from '@foretoken/core'
import { draftCache } from '@foretoken/drafting'

/** A token that was written ahead. */
export interface Ahead {
  readonly token: number
  /** The law it was drawn from, [vocabularySize]; of a chosen token undefined. */
  readonly row: Float32Array | undefined
  /** The draft model's probability of the token; at temperature 0 that of temperature 1. */
  readonly confidence: number
}

/** How a planned token comes about: drawn with this uniform, or the most probable one. */
export type Choice = number | 'best'

export interface RunAheadOptions {
  readonly model: Model
  readonly temperature: number
  /** Called with the milliseconds of each step. */
  readonly onStep: (ms: number) => void
  readonly clock: () => number
}

export interface RunAhead {
  /** Starts over behind `prompt`, once no step of an earlier text is under way. */
  begin(prompt: ArrayLike<number>, processors: readonly LogitsProcessor[]): Promise<void>
  /** Tokens written or planned that are not committed; after `settle`. */
  readonly planned: number
  /** Length of the committed text. */
  readonly committed: number
  /** Plans one more token. */
  plan(choice: Choice): void
  /** Writes what is planned in the background. What fails there is thrown by the next `settle` or `written`. */
  start(): void
  /** The committed text goes on with `tokens`. `isKept`: what was written beyond them stays if it began with them. */
  commit(tokens: ArrayLike<number>, isKept: boolean): void
  /** Waits until it is known whether what was written ahead continues the committed text; forgets it if not. */
  settle(): Promise<void>
  /** The first `count` tokens ahead, waited for; fewer where processors left nothing to write. */
  written(count: number): Promise<readonly Ahead[]>
  /** Forgets what is written and planned ahead. */
  forget(): void
  /** Stops; resolves when no step is under way. */
  dispose(): Promise<void>
}

export function runAhead(options: RunAheadOptions): RunAhead {
  const { model, temperature, onStep, clock } = options
  const cache = draftCache(model)
  let processors: readonly LogitsProcessor[] = []
  /** The committed text; `ahead[i]` stands at `base + i`, and is known to agree with it as far as both go. */
  let text: number[] = []
  let base = 0
  let ahead: Ahead[] = []
  let choices: Choice[] = []
  /** The cache's text is `text` up to here. */
  let synced = 0
  /** Counts what was forgotten: a step of an earlier text leaves nothing. */
  let epoch = 0
  let failure: ForetokenError | undefined
  let inFlight: Promise<void> | undefined
  let isRunning = false

  /** Forgets what was written and planned ahead; the text goes on where the committed one ends. */
  function forget(): void {
    for (const processor of processors) {
      processor.rollback(ahead.length)
      for (const token of text.slice(base)) processor.advance(token)
    }
    base = text.length
    ahead = []
    choices = []
    epoch++
  }

  /** Forgets what is ahead if it differs from the committed text from its token `from` on. */
  function check(from: number): void {
    const shared = Math.min(ahead.length, text.length - base)
    let i = from
    while (i < shared && ahead[i]!.token === text[base + i]) i++
    if (i < shared) forget()
  }

  async function write(): Promise<void> {
    const mine = epoch
    const started = clock()
    cache.setText(synced, [...text.slice(synced, base), ...ahead.map(({ token }) => token)])
    synced = base
    const logits = await cache.logits()
    onStep(clock() - started)
    if (mine !== epoch) return
    const next = choose(logits, choices[ahead.length]!, temperature, processors)
    if (next === undefined) {
      choices.length = ahead.length
      return
    }
    for (const processor of processors) processor.advance(next.token)
    ahead.push(next)
    check(ahead.length - 1)
  }

  /** One step for all who wait; never rejects. */
  function step(): Promise<void> {
    inFlight ??= write()
      .catch((cause) => {
        failure = typed(cause)
      })
      .finally(() => {
        inFlight = undefined
      })
    return inFlight
  }

  const isBehind = (count: number): boolean => ahead.length < Math.min(count, choices.length)

  function throwFailure(): void {
    if (failure === undefined) return
    const error = failure
    failure = undefined
    throw error
  }

  async function reach(count: number): Promise<void> {
    throwFailure()
    while (isBehind(count)) {
      await step()
      throwFailure()
    }
  }

  return {
    async begin(prompt, forks) {
      epoch++
      choices = []
      await inFlight
      failure = undefined
      processors = forks
      text = Array.from(prompt)
      base = text.length
      synced = 0
      ahead = []
      for (const processor of processors) for (const token of text) processor.advance(token)
    },
    get planned() {
      return choices.length
    },
    get committed() {
      return text.length
    },
    plan(choice) {
      choices.push(choice)
    },
    start() {
      if (isRunning) return
      isRunning = true
      void (async () => {
        while (failure === undefined && isBehind(Infinity)) await step()
        isRunning = false
      })()
    },
    commit(tokens, isKept) {
      const from = text.length - base
      for (const token of Array.from(tokens)) text.push(token)
      if (isKept) check(from)
      else forget()
    },
    async settle() {
      if (text.length - base > choices.length) forget()
      await reach(text.length - base)
      const count = text.length - base
      if (count > ahead.length) {
        forget()
        return
      }
      ahead = ahead.slice(count)
      choices = choices.slice(count)
      base = text.length
    },
    async written(count) {
      await reach(count)
      return ahead.slice(0, count)
    },
    forget,
    async dispose() {
      epoch++
      choices = []
      await inFlight
    },
  }
}

/** The next token; undefined when processors leave none. `logits` are borrowed. */
function choose(
  logits: Float32Array,
  choice: Choice,
  temperature: number,
  processors: readonly LogitsProcessor[],
): Ahead | undefined {
  const isBest = temperature === 0 || choice === 'best'
  const row = isBest && processors.length === 0 ? logits : logits.slice()
  for (const processor of processors) processor.apply(row)
  if (processors.length > 0 && maximum(row) === -Infinity) return undefined
  if (isBest) {
    const token = argmax(row)
    return { token, row: undefined, confidence: Math.exp(row[token]! - logSumExp(row)) }
  }
  softmax(row, temperature, row)
  const token = categorical(row, choice as number)
  return { token, row, confidence: row[token]! }
}

function typed(cause: unknown): ForetokenError {
  if (ForetokenError.is(cause)) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new ForetokenError('DRAFTER_FAILED', `The draft model of pearl failed while it wrote ahead: ${reason}.`, {
    fix: 'Load the draft model again, or use another drafter.',
    cause,
  })
}
