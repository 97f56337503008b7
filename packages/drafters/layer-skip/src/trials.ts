import type { Model } from '@foretoken/core'
import { matchness, type Passage } from './matchness.ts'
import type { SkipSearch } from './skip-search.ts'

/** Sets scored on one passage before a more recent one takes its place. */
const SETS_PER_PASSAGE = 16

/** Tries sets on the text of one generation. */
export interface Trials {
  /** Follows the text. */
  read(token: number): void
  /** One pass of the target, or nothing to do yet. The target is left alone. */
  tryNext(model: Model): Promise<void>
}

/** @param context g: tokens to foretell. */
export function trials(search: SkipSearch, context: number): Trials {
  const recent: number[] = []
  let passage: Passage | undefined
  let scored = 0
  return {
    read(token) {
      recent.push(token)
      if (recent.length > context + 1) recent.shift()
    },
    async tryNext(model) {
      if (search.isOver || recent.length <= context || model.length < context) return
      if (passage === undefined || scored === SETS_PER_PASSAGE) {
        passage = { from: model.length - context, tokens: Int32Array.from(recent) }
        scored = 0
        search.rescore(await matchness(model, search.best, passage))
        return
      }
      search.learn(await matchness(model, search.propose(), passage))
      scored++
    },
  }
}
