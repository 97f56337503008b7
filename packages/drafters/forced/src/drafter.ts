/**
 * Jump-forward decoding: where a grammar leaves one way to go on, its text need not be waited for. After SGLang (Zheng et al.
 * 2024, section 4), which appends the text and tokenizes again; here it is drafted, in the tokens the model would write.
 *
 * Why drafted: a grammar forces bytes, not tokens. `name` may be written as one token or as `na` and `me`, and the target's
 * masked law chooses. Appending one cut without asking would be another law. Verification decides each token by its row of
 * the step that feeds it anyway, so a stretch costs its rows and no step of its own.
 */
import {
  badOption,
  checkInteger,
  checkKeys,
  type Drafter,
  ForetokenError,
  type Manifest,
  NO_DRAFT,
  SPEC_VERSION,
} from '@foretoken/core'
import { forcedTokens } from './forced-tokens.ts'
import type { ForcedMatcher, ForcedOptions } from './options.ts'

/** What forced says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'drafter',
  name: 'forced',
  paper: {
    title: 'SGLang: Efficient Execution of Structured Language Model Programs',
    authors: 'Zheng et al.',
    year: 2024,
    url: 'https://arxiv.org/abs/2312.07104',
    section: '4',
  },
  requires: [],
}

/**
 * Drafts what a constraint leaves no choice about, and nothing where it leaves one: a chain as a point mass, with
 * confidences. Lossless with every lossless verifier, whether or not the target is masked by the constraint.
 * @throws BAD_OPTION
 * @example
 * const processors = [constrained(constraint, { countFrom: prompt.length })]
 * const drafter = forced({ constraint, tokenizer })
 */
export function forced(options: ForcedOptions): Drafter {
  checkKeys('forced', options, ['constraint', 'tokenizer', 'countFrom'])
  const { constraint, tokenizer, countFrom } = options
  if (typeof constraint?.matcher !== 'function')
    throw badOption('forced', 'constraint', 'is none', 'what constrain() gives')
  if (typeof tokenizer?.encode !== 'function')
    throw badOption('forced', 'tokenizer', 'is none', "the target's tokenizer")
  checkInteger('forced', 'countFrom', countFrom, 0)
  const continuation = forcedTokens(tokenizer)
  const context: number[] = []
  let matcher: ForcedMatcher | undefined
  let mostNodes = 0
  let isDisposed = false

  function use(): void {
    if (!isDisposed) return
    throw new ForetokenError('DISPOSED', 'The forced drafter was used after dispose; an open one was expected.', {
      fix: 'Make a new one with forced().',
    })
  }

  /** Follows constrained text; gives up where it leaves the grammar, as it may when the target is not masked. */
  function follow(token: number): void {
    context.push(token)
    if (matcher?.isAllowed(token)) matcher.advance(token)
    else matcher = undefined
  }

  function dispose(): void {
    isDisposed = true
    matcher = undefined
    context.length = 0
  }

  return {
    manifest,
    begin(prompt, model) {
      use()
      mostNodes = model.maximumRows - 1
      matcher = constraint.matcher()
      const before = Math.min(countFrom ?? prompt.length, prompt.length)
      context.length = 0
      for (const token of prompt.subarray(0, before)) context.push(token)
      for (const token of prompt.subarray(before)) follow(token)
    },
    draft(room) {
      use()
      if (matcher === undefined || matcher.isFinished) return NO_DRAFT
      const { tokens, confidence } = continuation(matcher, context, Math.min(room, mostNodes))
      return { tokens: Int32Array.from(tokens), q: { kind: 'point-mass' }, confidence: Float32Array.from(confidence) }
    },
    commit({ tokens }) {
      use()
      for (const token of tokens) follow(token)
    },
    dispose,
    async [Symbol.asyncDispose]() {
      dispose()
    },
  }
}
