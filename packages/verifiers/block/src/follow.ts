import { type DraftShape, nextChild, type Outcome } from '@foretoken/core'

/**
 * The pure part: from the last committed token down the draft, as long as a child carries the token decided on.
 * @param decide The token after `node`, which lies `depth` levels below the last committed token.
 */
export function follow(draft: DraftShape, decide: (node: number, depth: number) => number): Outcome {
  const path: number[] = []
  for (let node = -1; ; ) {
    const token = decide(node, path.length)
    const first = nextChild(draft, node)
    let child = first
    while (child >= 0 && draft.tokens[child] !== token) child = nextChild(draft, node, child)
    if (child < 0) return { path: Int32Array.from(path), token, kind: first < 0 ? 'bonus' : 'corrected' }
    path.push(child)
    node = child
  }
}
