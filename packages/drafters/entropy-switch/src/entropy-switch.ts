/**
 * Entropy Adaptive Decoding: the small model writes while the mean entropy of its last predictions is low, the large one while it is high
 * (section 3 of the paper). Tokens of the small model are final: lossy.
 *
 * H_t = −Σ p log2 p over the raw logits of whoever writes token t, before processors and temperature. The large model is the target. What
 * the small one writes is a draft that is accepted whole, and the target's pass over it is its catch-up.
 */
import {
  argmax,
  badOption,
  categorical,
  checkInteger,
  checkKeys,
  checkNumber,
  type Draft,
  type Drafter,
  type Draws,
  ForetokenError,
  type LogitsProcessor,
  type Manifest,
  type Model,
  maximum,
  SPEC_VERSION,
  softmax,
} from '@foretoken/core'
import {
  checkPrompt,
  checkVocabularies,
  draftCache,
  draftTree,
  requireOfDraft,
  type TokenBytes,
} from '@foretoken/drafting'
import { acceptAll, type LossyVerifier, markUnfinished } from './accept-all.ts'
import { afterToken, entropyInBits, START } from './switch-rule.ts'

/** What entropy-switch says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'drafter',
  name: 'entropy-switch',
  paper: {
    title: 'Entropy Adaptive Decoding: Dynamic Model Switching for Efficient Inference',
    authors: 'Simonds',
    year: 2025,
    url: 'https://arxiv.org/abs/2502.06833',
  },
  requires: ['logits:all-positions'],
}

export interface EntropySwitchOptions {
  /** The small model. Its cache is the drafter's as long as the drafter lives; disposing the model stays with you. */
  readonly model: Model
  /** tau: mean entropy in bits from which the large model writes; 0 for always, Infinity for never. Default 1 (ours: the paper sweeps it). */
  readonly threshold?: number | undefined
  /** w: tokens whose entropies are averaged. Default 5. */
  readonly window?: number | undefined
  /** d_min: tokens between two switches at least. Default 10. */
  readonly dwell?: number | undefined
  /** Of the small model's tokens; use that of the generation. Default 0. */
  readonly temperature?: number | undefined
  /** Applied in order to the small model's logits, on forks that have seen the text. Default none. */
  readonly processors?: readonly LogitsProcessor[] | undefined
  /** Bytes of both vocabularies' tokens, compared once. Default: only the sizes are compared. */
  readonly tokenBytes?: TokenBytes | undefined
}

/** Who wrote the present generation, in tokens, and how often the writer changed. */
export interface Written {
  readonly small: number
  readonly large: number
  readonly switches: number
}

export interface SwitchingDrafter extends Drafter {
  written(): Written
}

export interface EntropySwitch {
  readonly drafter: SwitchingDrafter
  /** Keeps what the small model wrote: lossy. Under any other verifier the drafter's text is a proposal like every draft. */
  readonly verifier: LossyVerifier
}

const POINT_MASS = { kind: 'point-mass' } as const
const NOTHING: Draft = { tokens: new Int32Array(0), q: POINT_MASS }

/**
 * Two models that take turns. Pass both parts to `generate`; its `guarantee` is then `lossy`.
 * @throws BAD_OPTION; CAPABILITY_MISSING when the small model cannot rewind. The drafter's `begin` throws VOCABULARY_MISMATCH and
 * EMPTY_PROMPT.
 * @example
 * const { drafter, verifier } = entropySwitch({ model: small, threshold: 1.5 })
 */
export function entropySwitch(options: EntropySwitchOptions): EntropySwitch {
  checkOptions(options)
  const { model, threshold = 1, window = 5, dwell = 10, temperature = 0, processors = [], tokenBytes } = options
  const rule = { threshold, window, dwell }
  const cache = draftCache(model)
  const chain = draftTree(model.vocabularySize)
  const scratch = new Float32Array(model.vocabularySize)
  let forks: LogitsProcessor[] = []
  let committed = 0
  let mostNodes = 0
  let state = START
  let own: { readonly draft: Draft; readonly entropies: readonly number[] } | undefined
  let written: Written = { small: 0, large: 0, switches: 0 }
  let isCompared = false
  let isDisposed = false

  async function write(levels: number, draws: Draws): Promise<Draft> {
    const entropies: number[] = []
    let ahead = state
    chain.clear()
    try {
      while (entropies.length < levels && ahead.active === 'small') {
        const row = temperature === 0 ? scratch : chain.addRow()
        row.set(await cache.logits())
        const entropy = entropyInBits(row)
        for (const processor of forks) processor.apply(row)
        // Processors may have left the small model nothing to say.
        if (maximum(row) === -Infinity) break
        const at = entropies.length
        const token = choose(row, temperature, () => draws.uniform(at))
        chain.add(token, at - 1, at, 1)
        for (const processor of forks) processor.advance(token)
        cache.push(token)
        entropies.push(entropy)
        ahead = afterToken(ahead, entropy, rule)
      }
    } finally {
      for (const processor of forks) processor.rollback(chain.tokens.length)
    }
    if (entropies.length === 0) return NOTHING
    const draft = chain.draft(temperature === 0 ? undefined : 'independent')
    if (entropies.length === levels && ahead.active === 'small') markUnfinished(draft)
    own = { draft, entropies }
    return draft
  }

  const drafter: SwitchingDrafter = {
    manifest,
    written: () => written,
    begin(prompt, target) {
      use(isDisposed)
      checkVocabularies(model.vocabularySize, target.vocabularySize, isCompared ? undefined : tokenBytes)
      isCompared = true
      checkPrompt(prompt)
      mostNodes = target.maximumRows - 1
      cache.setText(0, prompt)
      committed = prompt.length
      state = START
      own = undefined
      written = { small: 0, large: 0, switches: 0 }
      forks = processors.map((processor) => processor.fork())
      for (const processor of forks) for (const token of prompt) processor.advance(token)
    },
    async draft(room, draws) {
      use(isDisposed)
      own = undefined
      cache.setText(committed, [])
      // The last drafted token is never fed, so it may stand one past the small model's context.
      return write(Math.min(room, mostNodes, model.contextLength - committed + 1), draws)
    },
    commit({ tokens, path, draft, output }) {
      use(isDisposed)
      const mine = draft === own?.draft ? own : undefined
      for (let i = 0; i < tokens.length; i++) {
        const isSmall = mine !== undefined && mine.draft.tokens[i] === tokens[i]
        const row = i === 0 ? 0 : path[i - 1]! + 1
        const largeRow = () => output.logits.subarray(row * model.vocabularySize, (row + 1) * model.vocabularySize)
        const next = afterToken(state, isSmall ? mine.entropies[i]! : entropyInBits(largeRow()), rule)
        written = {
          small: written.small + (isSmall ? 1 : 0),
          large: written.large + (isSmall ? 0 : 1),
          switches: written.switches + (next.active === state.active ? 0 : 1),
        }
        state = next
      }
      cache.setText(committed, tokens)
      committed += tokens.length
      for (const processor of forks) for (const token of tokens) processor.advance(token)
    },
    dispose() {
      isDisposed = true
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true
    },
  }
  return { drafter, verifier: acceptAll() }
}

/** Above temperature 0 `row`, logits on entry, is the law that was drawn from on return. */
function choose(row: Float32Array, temperature: number, uniform: () => number): number {
  if (temperature === 0) return argmax(row)
  softmax(row, temperature, row)
  return categorical(row, uniform())
}

function checkOptions(options: EntropySwitchOptions): void {
  const name = 'entropySwitch'
  checkKeys(name, options, ['model', 'threshold', 'window', 'dwell', 'temperature', 'processors', 'tokenBytes'])
  if (options.model === undefined) throw badOption(name, 'model', 'is missing', 'the small model')
  if (options.threshold !== Infinity) checkNumber(name, 'threshold', options.threshold, 0)
  checkInteger(name, 'window', options.window, 1)
  checkInteger(name, 'dwell', options.dwell, 0)
  checkNumber(name, 'temperature', options.temperature, 0)
  requireOfDraft('entropy-switch', options.model, 'kv:rewind')
}

function use(isDisposed: boolean): void {
  if (!isDisposed) return
  throw new ForetokenError('DISPOSED', 'The entropy-switch drafter was used after dispose; an open one was expected.', {
    fix: 'Make a new one with entropySwitch().',
  })
}
