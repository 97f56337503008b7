import { argmax, type Model } from '@foretoken/core'

/** A piece of committed text on which sets of sub-layers are compared. */
export interface Passage {
  /** Positions before it. */
  readonly from: number
  /** [g + 1]; the first g are fed, the last g are to be foretold. */
  readonly tokens: Int32Array
}

/** Share of a passage's tokens that the model foretells without the sub-layers in `skipped`. One pass of g rows. */
export async function matchness(model: Model, skipped: Uint8Array, { from, tokens }: Passage): Promise<number> {
  const draft = model.skipping!.fork(skipped)
  try {
    draft.rewind(from)
    const fed = tokens.subarray(0, -1)
    const { logits, argmax: best } = await draft.step({ tokens: fed, wants: 'argmax' })
    const size = model.vocabularySize
    let same = 0
    for (let row = 0; row < fed.length; row++) {
      const token = best?.[row] ?? argmax(logits.subarray(row * size, (row + 1) * size))
      if (token === tokens[row + 1]) same++
    }
    return same / fed.length
  } finally {
    await draft.dispose()
  }
}
