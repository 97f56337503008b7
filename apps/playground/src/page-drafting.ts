// How `auto` drafts in a page: here, and in `pnpm bench browser`, which measures it.
import { type Controller, type CostCurve, controller } from '@foretoken/controller'
import type { Drafter } from '@foretoken/core'
import { type NgramTable, ngram } from '@foretoken/drafter-ngram'

/** Plain steps. A lost draft costs three times on WASM what it costs in Node: two would be used up by four of them. */
const ALLOWANCE = 3
/** A third and a fourth row are nearly free on WASM, and the controller cuts what is not worth its rows. */
const LEAST_PROBABILITY = 0.05

export function pageController(drafters: readonly Drafter[], costs: CostCurve | undefined): Controller {
  return controller({ drafters, costs, allowance: ALLOWANCE })
}

/** N-grams of the text and of the model, for a controller. */
export function pageNgrams(table: NgramTable): Drafter {
  return ngram({ table, minimumProbability: LEAST_PROBABILITY })
}
