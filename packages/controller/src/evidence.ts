/**
 * What a round says of a draft. A point mass is compared with the tokens that the target committed, whether or not it was the draft
 * that was verified: the comparison is the trial. So drafters that cost nothing are judged while nothing of theirs is used. A
 * draft that was drawn is judged by the accepted path, and only if it was verified.
 */
import { type Committed, type Draft, nextChild } from '@foretoken/core'

/** Depth from 1, rank among siblings from 0, draft node, verdict. */
export type Trial = (depth: number, rank: number, node: number, isAccepted: boolean) => void

/** Calls `trial` for each node of `draft` that the round decided. */
export function judge(draft: Draft, committed: Committed, trial: Trial): void {
  if (draft.q.kind === 'point-mass') compare(draft, committed.tokens, trial)
  else if (committed.draft === draft) follow(draft, committed, trial)
}

/** Down the committed tokens as far as the draft has them. */
function compare(draft: Draft, tokens: Int32Array, trial: Trial): void {
  let node = -1
  for (let depth = 1; depth <= tokens.length; depth++) {
    let matched = -1
    let rank = 0
    for (let child = nextChild(draft, node); child >= 0; child = nextChild(draft, node, child)) {
      const isMatch = matched < 0 && draft.tokens[child] === tokens[depth - 1]
      if (isMatch) matched = child
      trial(depth, rank++, child, isMatch)
    }
    if (matched < 0) return
    node = matched
  }
}

/** Down the accepted path. What a stop cut off is undecided: its token stands in the draft, yet not in the path. */
function follow(draft: Draft, { path, token, kind }: Committed, trial: Trial): void {
  let node = -1
  for (let depth = 1; ; depth++) {
    const accepted = path[depth - 1]
    if (accepted === undefined && (kind !== 'corrected' || hasChild(draft, node, token))) return
    let rank = 0
    for (let child = nextChild(draft, node); child >= 0; child = nextChild(draft, node, child)) {
      trial(depth, rank++, child, child === accepted)
    }
    if (accepted === undefined) return
    node = accepted
  }
}

function hasChild(draft: Draft, node: number, token: number): boolean {
  for (let child = nextChild(draft, node); child >= 0; child = nextChild(draft, node, child)) {
    if (draft.tokens[child] === token) return true
  }
  return false
}
