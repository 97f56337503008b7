import { type Manifest, SPEC_VERSION, type Verifier } from '@foretoken/core'
import { follow } from './follow.ts'

/** What this verifier is and promises. Cite the paper here: documentation is generated from it. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'verifier',
  name: 'tolerance',
  requires: [],
  guarantee: 'lossless',
}

/**
 * Draws from the target at each position and follows the draft while a child carries the drawn token: a stand-in for the
 * method. Every token is the target's own draw, whatever was drafted.
 */
export function tolerance(): Verifier {
  return {
    manifest,
    verify: (draft, target, draws) =>
      follow(draft, (node, depth) =>
        target.isGreedy ? target.argmax(node) : target.sample(node, draws.sample(depth)),
      ),
  }
}
