import { type Attended, attended, isPromise } from './attended.ts'
import { NO_DRAFT } from './combinators.ts'
import { committedRows, committedTokens, type Fate, fatesOf, logProbabilitiesOf } from './committed.ts'
import { checkDecodeOptions, type DecodeOptions, type DecodeParts } from './decode-options.ts'
import { checkDraft, decided } from './draft-check.ts'
import { type RoundDraws, roundDraws } from './draws.ts'
import { type Emitted, emission, type FinishReason } from './emission.ts'
import { feed, throwIfAborted } from './feed.ts'
import type { Guarantee } from './manifest.ts'
import { type RoundStats, type Stats, statsCollector } from './stats.ts'
import { type Target, type TokenLogProbabilities, targetLaws } from './target.ts'

/** What one round committed. */
export interface Run {
  /** [committed]; cut after the first stop. */
  readonly tokenIds: Int32Array
  /** Text that became certain; it may lag behind the tokens, and the last run brings the rest. Empty without `tokenBytes`. */
  readonly text: string
  /** `text`, token by token, [committed]: what became certain with each. */
  readonly pieces: readonly string[]
  /** [committed] */
  readonly fates: readonly Fate[]
  /** [committed]; only with `topLogProbabilities`. */
  readonly logProbabilities?: readonly TokenLogProbabilities[]
  readonly stats: RoundStats
}

export interface Summary {
  readonly finishReason: FinishReason
  readonly guarantee: Guarantee
  readonly stats: Stats
}

/**
 * Generates tokens after a prompt, a run per round: draft, step, verify, commit, emit, stop. Nothing is ever undone.
 * A drafter that throws or does not answer is left out from then on, and `stats.draftingFailure` says so.
 * @throws Bad options and parts that do not fit: see `DecodeOptions` and `compose`. ABORTED. INVALID_DRAFT and
 * DISHONEST_DRAFT name the drafter. What a drafter's `begin` refuses by a `ForetokenError`. What the model throws.
 * @example
 * for await (const run of decode({ model, prompt, tokenBytes })) console.log(run.text)
 */
export async function* decode(options: DecodeOptions): AsyncGenerator<Run, Summary, undefined> {
  const { clock = () => performance.now() } = options
  let started = clock()
  const generation = await open(options, clock)
  const stats = statsCollector()
  for (;;) {
    const { run, finishReason } = await playRound(generation, started)
    stats.add(run.stats, run.tokenIds.length)
    yield run
    const { parts, failure } = generation
    if (finishReason) return { finishReason, guarantee: parts.guarantee, stats: stats.summary(failure) }
    started = clock()
  }
}

/** Milliseconds that a drafter may take to answer: it may have a long prompt to read on a slow machine. */
const PATIENCE = 60_000

/** State of one generation. */
interface Generation extends Attended {
  readonly parts: DecodeParts
  readonly options: DecodeOptions
  readonly clock: () => number
  readonly target: Target
  readonly wants: 'logits' | 'argmax'
  readonly draws: RoundDraws
  readonly emit: (tokens: Int32Array) => Emitted
  /** Committed tokens that the cache lacks: the prompt's rest, then the last token of each round. */
  pending: Int32Array
}

async function open(options: DecodeOptions, clock: () => number): Promise<Generation> {
  const parts = checkDecodeOptions(options)
  const { model, drafter, limit } = parts
  const { prompt, temperature = 0, sampler, signal } = options
  throwIfAborted(signal)
  const processors = (options.processors ?? []).map((processor) => processor.fork())
  for (const processor of processors) for (const token of prompt) processor.advance(token)
  const generation: Generation = {
    drafter,
    patience: options.patience ?? PATIENCE,
    parts,
    options,
    clock,
    target: targetLaws({ vocabularySize: model.vocabularySize, temperature, processors, sampler }),
    wants: needsLogits(options) ? 'logits' : 'argmax',
    draws: roundDraws(options.seed ?? 0),
    emit: emission({ ...options, limit }),
    pending: prompt.subarray(model.length),
    count: 0,
  }
  await attended(generation, 'begin', (each) => each.begin(prompt, model))
  return generation
}

/** A greedy round needs no more than the most probable tokens, unless somebody looks at the rows. */
function needsLogits(options: DecodeOptions): boolean {
  const { temperature = 0, processors = [], topLogProbabilities = 0, drafter, verifier } = options
  const isRead = drafter?.manifest.requires.includes('logits:all-positions') || verifier?.manifest.guarantee === 'lossy'
  return temperature > 0 || processors.length > 0 || topLogProbabilities > 0 || isRead === true
}

type Played = { readonly run: Run; readonly finishReason: FinishReason | undefined }

async function playRound(generation: Generation, started: number): Promise<Played> {
  const { parts, options, clock, target, draws, emit, pending, count } = generation
  const { model, drafter, verifier, limit } = parts
  throwIfAborted(options.signal)
  draws.begin(options.prompt.length + count)
  const room = limit - count - 1

  const drafting = clock()
  const asked = room > 0 ? attended(generation, 'draft', (each) => each.draft(room, draws.draft)) : undefined
  const draft = (isPromise(asked) ? await asked : asked) ?? NO_DRAFT
  const depth = drafter && draft !== NO_DRAFT ? checkDraft(drafter, draft, model, room) : 0
  const stepping = clock()
  const { output, base } = await feed(model, pending, draft, options.signal, generation.wants)
  const verifying = clock()
  target.load(output.logits, draft, output.argmax)
  const outcome = decided(drafter, verifier, () => verifier.verify(draft, target, draws.verify))
  const tokens = committedTokens(draft, outcome)
  const { kept, pieces, finishReason } = emit(tokens)
  const tokenIds = tokens.subarray(0, kept)
  const path = outcome.path.subarray(0, kept - 1)
  const logProbabilities = logProbabilitiesOf(target, path, tokenIds, options.topLogProbabilities)
  model.commit(committedRows(base, path))
  generation.count += kept
  const committed = { kind: outcome.kind, path, token: tokenIds[kept - 1]!, tokens: tokenIds, draft, output, base }
  const told = attended(generation, 'commit', (each) => each.commit(committed))
  if (isPromise(told)) await told
  for (const token of tokenIds) target.advance(token)
  generation.pending = tokenIds.subarray(kept - 1)

  const [draftMs, verifyMs] = [stepping - drafting, verifying - stepping]
  const otherMs = clock() - started - draftMs - verifyMs
  const accepted = Math.min(outcome.path.length, kept)
  const stats = { drafted: draft.tokens.length, depth, accepted, draftMs, verifyMs, otherMs }
  const fates = fatesOf(draft, outcome, kept)
  return { run: { tokenIds, text: pieces.join(''), pieces, fates, stats, ...logProbabilities }, finishReason }
}
