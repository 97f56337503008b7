import { checkInteger, checkKeys, type LogitsProcessor, type Manifest, SPEC_VERSION } from '@foretoken/core'
import type { Constraint, Matcher } from './matcher.ts'

/** What the processor of a constraint says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'processor',
  name: 'constraint',
  paper: {
    title: 'XGrammar: Flexible and Efficient Structured Generation Engine for Large Language Models',
    authors: 'Dong, Ruan, Cai, Lai, Xu, Zhao and Chen',
    year: 2024,
    url: 'https://arxiv.org/abs/2411.15100',
  },
  requires: [],
}

export interface ConstrainedOptions {
  /** Tokens before the constrained text, the prompt's length as a rule: the processor of `decode` sees them too. Default 0. */
  readonly countFrom?: number
}

/**
 * Masks every token that a constraint does not allow. Goes before other processors and samplers, and with any drafter and
 * lossless verifier: the target's law is then the masked one, at every node of a draft. After a stop token, and after a
 * drafted token that was not allowed and so cannot be accepted, nothing is masked.
 * @throws BAD_OPTION
 * @example
 * const processors = [constrained(constraint, { countFrom: prompt.length })]
 */
export function constrained(constraint: Constraint, options: ConstrainedOptions = {}): LogitsProcessor {
  checkKeys('constraint', options, ['countFrom'])
  const { countFrom = 0 } = options
  checkInteger('constraint', 'countFrom', countFrom, 0)
  return processorAt(constraint.matcher(), { before: 0, beyond: 0 }, countFrom)
}

/** Tokens that the matcher has not seen: of the prompt, and after the text has ended or left the grammar. */
interface Unseen {
  readonly before: number
  readonly beyond: number
}

function processorAt(matcher: Matcher, unseen: Unseen, countFrom: number): LogitsProcessor {
  let { before, beyond } = unseen
  const length = (): number => before + matcher.length + beyond
  return {
    manifest,
    apply(logits) {
      if (beyond === 0 && !matcher.isFinished) applyMask(matcher.mask(), logits)
    },
    advance(token) {
      if (before < countFrom) before++
      else if (beyond > 0 || !matcher.isAllowed(token)) beyond++
      else matcher.advance(token)
    },
    rollback(n) {
      checkInteger('constraint', 'n', n, 0, length())
      const fromBeyond = Math.min(n, beyond)
      const fromMatcher = Math.min(n - fromBeyond, matcher.length)
      beyond -= fromBeyond
      matcher.rollback(fromMatcher)
      before -= n - fromBeyond - fromMatcher
    },
    fork: () => processorAt(matcher.fork(), { before, beyond }, countFrom),
  }
}

/** −Infinity wherever a bit is 0, and beyond the vocabulary. */
function applyMask(mask: Uint32Array, logits: Float32Array): void {
  for (let word = 0; word * 32 < logits.length; word++) {
    const bits = mask[word] ?? 0
    if (bits === 0xffffffff) continue
    const end = Math.min(logits.length, word * 32 + 32)
    if (bits === 0) logits.fill(-Infinity, word * 32, end)
    else for (let id = word * 32; id < end; id++) if ((bits & (1 << (id & 31))) === 0) logits[id] = -Infinity
  }
}
