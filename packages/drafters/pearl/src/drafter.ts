/**
 * PEARL: the draft model writes on while the target verifies, and the target verifies while it writes.
 *
 * g: the window. In every round the target gets the tokens written before it began, and the draft model writes g more in
 * the meantime: a guess of the token that the target adds itself, and g − 1 behind it.
 * - pre-verify: nothing is written yet. The target gets no draft and decides the first token of the window alone.
 * - post-verify: all was accepted and the target's own token was the guess. The g − 1 tokens behind it are the next draft at
 *   once. Anything else is forgotten, and pre-verify follows.
 *
 * q: a token behind the guess was drawn from the draft model's law given all tokens before it, with a uniform that nothing else
 * looked at. Its draft is handed over only when exactly these tokens were committed, which depends on them and on the target's
 * uniforms alone; so that law is honest. The guess is never a drafted token: it may be chosen in any way, and is the best one.
 */
import {
  badOption,
  checkInteger,
  checkKeys,
  checkNumber,
  type Draft,
  type Drafter,
  type DraftProbabilities,
  ForetokenError,
  type GoesOn,
  type LogitsProcessor,
  type Manifest,
  type Model,
  SPEC_VERSION,
} from '@foretoken/core'
import { checkPrompt, checkVocabularies, requireOfDraft, type TokenBytes } from '@foretoken/drafting'
import { type Ahead, runAhead } from './run-ahead.ts'
import { openWindow } from './window.ts'

/** What pearl says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'drafter',
  name: 'pearl',
  paper: {
    title: 'PEARL: Parallel Speculative Decoding with Adaptive Draft Length',
    authors: 'Liu, Li, Lv, Liu, Zhu, Hu and Sun',
    year: 2025,
    url: 'https://arxiv.org/abs/2408.11850',
    section: 'Algorithm 2',
  },
  requires: [],
}

export interface PearlOptions {
  /**
   * Writes the drafts, in a thread of its own: as `loadModel` gives it by default. Its cache is the drafter's as long as the
   * drafter lives; disposing the model stays with you, after the drafter.
   */
  readonly model: Model
  /**
   * g: tokens written while the target verifies, 1 to 64, or `measured`: the ratio of the target's step to the draft model's, 2 to
   * 8. A measured one makes drafts depend on time; the law of the output does not. Default 4.
   */
  readonly window?: number | 'measured' | undefined
  /** Let the target decide the first token after a miss alone; else wait for a window of drafted tokens. Default true. */
  readonly preVerify?: boolean | undefined
  /** Of the draft. 0 drafts the most probable tokens, as a point mass. Default 0. */
  readonly temperature?: number | undefined
  /** Applied in order to the draft model's logits, on forks that have seen the text. Default none. */
  readonly processors?: readonly LogitsProcessor[] | undefined
  /** Bytes of both vocabularies' tokens, compared once. Default: only the sizes are compared. */
  readonly tokenBytes?: TokenBytes | undefined
  /** Milliseconds, for a measured window. Default `performance.now`. */
  readonly clock?: (() => number) | undefined
}

/**
 * Drafts with a smaller model while the target verifies. A failure in the background is thrown by the next `draft`. After an
 * abort at most one window is written on; `dispose` ends that, and resolves when no step is under way.
 * @throws BAD_OPTION; CAPABILITY_MISSING when the draft model cannot rewind. `begin` throws VOCABULARY_MISMATCH and
 * EMPTY_PROMPT; `draft` what the draft model threw, or DRAFTER_FAILED.
 * @example
 * const drafter = pearl({ model: await loadModel(folder, { threads: 1, worker: true }), window: 'measured' })
 */
export function pearl(options: PearlOptions): Drafter {
  checkOptions(options)
  const { model, preVerify = true, temperature = 0, processors = [], tokenBytes } = options
  const { clock = () => performance.now() } = options
  const window = openWindow(options.window ?? 4)
  const ahead = runAhead({ model, temperature, onStep: window.draftStep, clock })
  let mostNodes = 0
  /** The chain handed over in this round, and when. */
  let asked: { readonly chain: readonly Ahead[]; readonly at: number } | undefined
  let isCompared = false
  let isDisposed = false

  async function dispose(): Promise<void> {
    isDisposed = true
    await ahead.dispose()
  }

  return {
    manifest,
    async begin(prompt, target) {
      use(isDisposed)
      checkVocabularies(model.vocabularySize, target.vocabularySize, isCompared ? undefined : tokenBytes)
      isCompared = true
      checkPrompt(prompt)
      mostNodes = target.maximumRows - 1
      asked = undefined
      await ahead.begin(
        prompt,
        processors.map((processor) => processor.fork()),
      )
    },
    async draft(room, draws, goesOn) {
      use(isDisposed)
      if (asked !== undefined) ahead.forget()
      asked = undefined
      await ahead.settle()
      // The last token is never fed, so it may stand one past the draft model's context.
      const most = Math.min(room, model.contextLength - ahead.committed + 1)
      const plan = (count: number, guess: number) => {
        for (let i = ahead.planned; i < Math.min(count, most); i++) {
          ahead.plan(i === guess || temperature === 0 ? 'best' : draws.uniform(i))
        }
      }
      const g = window.length()
      if (!preVerify && ahead.planned === 0) plan(g, -1)
      const chain = cut(await ahead.written(Math.min(room, mostNodes)), goesOn)
      plan(chain.length + g, chain.length)
      ahead.start()
      asked = { chain, at: clock() }
      return draftOf(chain, model.vocabularySize)
    },
    commit({ path, tokens, draft }) {
      use(isDisposed)
      if (asked !== undefined) window.targetStep(clock() - asked.at)
      const count = asked?.chain.length ?? 0
      // A verifier that saw a token and did not keep it says something about it: it must not be drafted again.
      const isWhole = isSame(draft.tokens, asked?.chain ?? []) && path.length === count && tokens.length === count + 1
      ahead.commit(tokens, count === 0 || isWhole)
      asked = undefined
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

const POINT_MASS = { kind: 'point-mass' } as const

/** As much of the chain as the caller wants. */
function cut(chain: readonly Ahead[], goesOn: GoesOn | undefined): readonly Ahead[] {
  const last = goesOn === undefined ? -1 : chain.findIndex(({ confidence }) => !goesOn(confidence))
  return last < 0 ? chain : chain.slice(0, last + 1)
}

function draftOf(chain: readonly Ahead[], vocabularySize: number): Draft {
  return { tokens: Int32Array.from(chain, ({ token }) => token), q: lawsOf(chain, vocabularySize) }
}

function lawsOf(chain: readonly Ahead[], vocabularySize: number): DraftProbabilities {
  if (chain[0]?.row === undefined) return POINT_MASS
  const rows = new Float32Array(chain.length * vocabularySize)
  for (const [i, { row }] of chain.entries()) rows.set(row as Float32Array, i * vocabularySize)
  return { kind: 'dense', rows }
}

function isSame(tokens: Int32Array, chain: readonly Ahead[]): boolean {
  return tokens.length === chain.length && chain.every(({ token }, i) => token === tokens[i])
}

function checkOptions(options: PearlOptions): void {
  const keys = ['model', 'window', 'preVerify', 'temperature', 'processors', 'tokenBytes', 'clock']
  checkKeys(manifest.name, options, keys)
  const { model, window, temperature } = options
  if (model === undefined) throw badOption(manifest.name, 'model', 'is missing', 'the model that writes the drafts')
  if (window !== 'measured') checkInteger(manifest.name, 'window', window, 1, 64)
  checkNumber(manifest.name, 'temperature', temperature, 0)
  requireOfDraft(manifest.name, model, 'kv:rewind')
}

function use(isDisposed: boolean): void {
  if (!isDisposed) return
  throw new ForetokenError('DISPOSED', 'The pearl drafter was used after dispose; an open one was expected.', {
    fix: 'Make a new one with pearl().',
  })
}
