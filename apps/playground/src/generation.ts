import type { LoadedModel } from '@foretoken/backend-web'
import type { Controller, Report } from '@foretoken/controller'
import { type Drafter, decode, type Run, type Summary, type Verifier } from '@foretoken/core'
import { type Models, methodsOf, SAMPLERS } from './methods.ts'
import type { Settings } from './settings.ts'
import { type Round, watched } from './watch.ts'

/** One generation on its way. */
export interface Generation {
  readonly name: 'plain' | 'speculative'
  /** Tokens so far. */
  readonly tokenIds: number[]
  /** Rounds with a draft, so far. */
  readonly rounds: Round[]
  /** Milliseconds that decoding took so far. */
  elapsed: number
  /** What it comes to so far, as `summary` has it at the end. */
  figures(): Figures
  summary?: Summary
  /** The next run, or nothing at the end. */
  next(): Promise<Run | undefined>
  /** What the controller decided, where it drafts. */
  report(): Report | undefined
  /** Frees what the generation holds, ended or not. */
  end(): Promise<void>
}

export interface Figures {
  readonly rounds: number
  readonly tokensPerSecond: number
  readonly meanAcceptanceLength: number
}

interface Decoding {
  readonly drafter?: Drafter
  readonly verifier?: Verifier
  readonly signal: AbortSignal
}

/** Prepares a generation on an empty fork of the model. */
function generation(
  name: Generation['name'],
  { model, tokenizer }: LoadedModel,
  settings: Settings,
  decoding: Decoding,
): Generation {
  const rounds: Round[] = []
  const sum = { rounds: 0, accepted: 0 }
  const fork = model.fork()
  const { temperature, seed, maxTokens } = settings
  const { stopTokens, tokenBytes } = tokenizer
  const prompt = tokenizer.hasChatTemplate
    ? tokenizer.encode(tokenizer.applyChatTemplate([{ role: 'user', content: settings.prompt }]))
    : tokenizer.encode(settings.prompt, { begin: true })
  const { verifier } = decoding
  const watching = verifier && watched(verifier, (round) => rounds.push({ number: sum.rounds + 1, ...round }))
  // Looking costs time that decoding must not be charged with.
  const clock = () => performance.now() - (watching?.spent() ?? 0)
  const runs = decode({
    model: fork,
    prompt,
    temperature,
    seed,
    maxTokens,
    stopTokens,
    tokenBytes,
    processors: temperature > 0 ? SAMPLERS[settings.sampler]!() : [],
    clock,
    ...decoding,
    ...(watching && { verifier: watching.verifier }),
  })
  const made: Generation = {
    name,
    tokenIds: [],
    rounds,
    elapsed: 0,
    figures: () =>
      made.summary?.stats ?? {
        rounds: sum.rounds,
        tokensPerSecond: (1000 * made.tokenIds.length) / Math.max(made.elapsed, 1),
        meanAcceptanceLength: 1 + sum.accepted / Math.max(sum.rounds, 1),
      },
    async next() {
      const started = clock()
      const result = await runs.next()
      made.elapsed += clock() - started
      if (result.done) {
        made.summary = result.value
        return undefined
      }
      made.tokenIds.push(...result.value.tokenIds)
      sum.rounds++
      sum.accepted += result.value.stats.accepted
      return result.value
    },
    report: () => (decoding.drafter as Partial<Controller> | undefined)?.report?.(),
    async end() {
      await decoding.drafter?.dispose()
      await fork.dispose()
    },
  }
  return made
}

/** Plain decoding with these settings. */
export function plain(models: Models, settings: Settings, signal: AbortSignal): Generation {
  return generation('plain', models.target, settings, { signal })
}

/** Decoding with the drafter and verifier of these settings. */
export function speculative(models: Models, settings: Settings, signal: AbortSignal): Generation {
  return generation('speculative', models.target, settings, { ...methodsOf(models, settings), signal })
}

/**
 * Plays generations against each other: whose own clock is behind decodes next, alone, so that each is as fast as it would be
 * without the other. Ends all of them, whatever happens.
 */
export async function race(
  generations: readonly Generation[],
  onRun: (generation: Generation, run: Run) => void,
): Promise<void> {
  try {
    for (;;) {
      const [behind] = generations.filter(({ summary }) => !summary).sort((a, b) => a.elapsed - b.elapsed)
      if (!behind) return
      const run = await behind.next()
      if (run) onRun(behind, run)
    }
  } finally {
    for (const each of generations) await each.end()
  }
}
