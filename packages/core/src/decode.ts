import { committedRows, committedTokens, type Fate, fatesOf, logProbabilitiesOf } from './committed.ts'
import { checkDecodeOptions, type DecodeOptions, type DecodeParts } from './decode-options.ts'
import { checkDraft, decided, guarded } from './draft-check.ts'
import type { Draft } from './drafter.ts'
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

const NO_DRAFT: Draft = { tokens: new Int32Array(0), q: { kind: 'point-mass' } }

/**
 * Generates tokens after a prompt, a run per round: draft, step, verify, commit, emit, stop. Nothing is ever undone.
 * @throws Bad options and parts that do not fit: see `DecodeOptions` and `compose`. ABORTED. INVALID_DRAFT,
 * DISHONEST_DRAFT and DRAFTER_FAILED name the drafter. What the model throws.
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
    if (finishReason) return { finishReason, guarantee: generation.parts.guarantee, stats: stats.summary() }
    started = clock()
  }
}

/** State of one generation. */
interface Generation {
  readonly parts: DecodeParts
  readonly options: DecodeOptions
  readonly clock: () => number
  readonly target: Target
  readonly wants: 'logits' | 'argmax'
  readonly draws: RoundDraws
  readonly emit: (tokens: Int32Array) => Emitted
  /** Committed tokens that the cache lacks: the prompt's rest, then the last token of each round. */
  pending: Int32Array
  /** Tokens generated. */
  count: number
}

async function open(options: DecodeOptions, clock: () => number): Promise<Generation> {
  const parts = checkDecodeOptions(options)
  const { model, drafter, limit } = parts
  const { prompt, temperature = 0, sampler, signal } = options
  throwIfAborted(signal)
  const processors = (options.processors ?? []).map((processor) => processor.fork())
  for (const processor of processors) for (const token of prompt) processor.advance(token)
  if (drafter) await guarded(drafter, () => drafter.begin(prompt, model))
  return {
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
}

/** A greedy round needs no more than the most probable tokens, unless somebody looks at the rows. */
function needsLogits(options: DecodeOptions): boolean {
  const { temperature = 0, processors = [], topLogProbabilities = 0, drafter, verifier } = options
  const isRead = drafter?.manifest.requires.includes('logits:all-positions') || verifier?.manifest.guarantee === 'lossy'
  return temperature > 0 || processors.length > 0 || topLogProbabilities > 0 || isRead === true
}

async function playRound(
  generation: Generation,
  started: number,
): Promise<{ run: Run; finishReason: FinishReason | undefined }> {
  const { parts, options, clock, target, draws, emit, pending } = generation
  const { model, drafter, verifier, limit } = parts
  throwIfAborted(options.signal)
  draws.begin(options.prompt.length + generation.count)
  const room = limit - generation.count - 1

  const drafting = clock()
  const draft = drafter && room > 0 ? await guarded(drafter, () => drafter.draft(room, draws.draft)) : NO_DRAFT
  const depth = drafter ? checkDraft(drafter, draft, model, room) : 0
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
  if (drafter) {
    const committed = { kind: outcome.kind, path, token: tokenIds[kept - 1]!, tokens: tokenIds, draft, output, base }
    await guarded(drafter, () => drafter.commit(committed))
  }
  for (const token of tokenIds) target.advance(token)
  generation.count += kept
  generation.pending = tokenIds.subarray(kept - 1)

  const [draftMs, verifyMs] = [stepping - drafting, verifying - stepping]
  const otherMs = clock() - started - draftMs - verifyMs
  const accepted = Math.min(outcome.path.length, kept)
  const stats = { drafted: draft.tokens.length, depth, accepted, draftMs, verifyMs, otherMs }
  const fates = fatesOf(draft, outcome, kept)
  return { run: { tokenIds, text: pieces.join(''), pieces, fates, stats, ...logProbabilities }, finishReason }
}
