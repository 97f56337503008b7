import type { Draft, Manifest, Outcome, Verifier } from '@foretoken/core'
import { ForetokenError, isChain, SPEC_VERSION } from '@foretoken/core'

/** A verifier whose output differs from the target's, as its type says. */
export interface LossyVerifier extends Verifier {
  readonly manifest: Manifest & { readonly guarantee: 'lossy'; readonly changes: string }
}

const manifest: LossyVerifier['manifest'] = {
  specVersion: SPEC_VERSION,
  kind: 'verifier',
  name: 'accept-all',
  requires: [],
  guarantee: 'lossy',
  changes:
    'Whatever the small model drafts is kept, unless the target excludes it, so the output is partly the text of the small model.',
}

/** Drafts that ended for want of room while the small model was still writing. */
const unfinished = new WeakSet<Draft>()

/** Says that the small model is to write on after this draft. */
export function markUnfinished(draft: Draft): void {
  unfinished.add(draft)
}

/**
 * Keeps every drafted token but those that processors of the target exclude (−Infinity); then the target writes one, greedily or from
 * its law. Where a draft of `entropySwitch` ended for want of room only, the target writes none: the draft's last token stands in its
 * place, reported as `corrected`. Drafts are chains. `verify` throws UNSUPPORTED for a tree.
 */
export function acceptAll(): LossyVerifier {
  return {
    manifest,
    verify(draft, target, draws): Outcome {
      const { tokens } = draft
      if (!isChain(draft)) {
        throw new ForetokenError('UNSUPPORTED', 'accept-all was given a tree; a chain was expected.', {
          fix: 'Use it with entropySwitch(), which drafts chains.',
        })
      }
      let kept = 0
      while (kept < tokens.length && target.logits(kept - 1)[tokens[kept]!] !== -Infinity) kept++
      const isWhole = kept === tokens.length
      if (isWhole && unfinished.has(draft)) {
        return { path: firstNodes(kept - 1), token: tokens[kept - 1]!, kind: 'corrected' }
      }
      const token = target.sample(kept - 1, draws.sample(kept))
      return { path: firstNodes(kept), token, kind: isWhole ? 'bonus' : 'corrected' }
    },
  }
}

function firstNodes(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, node) => node)
}
