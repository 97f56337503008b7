import { badOption, checkInteger, checkKeys, checkNumber } from '@foretoken/core'
import type { SkipSearch } from './skip-search.ts'

export interface LayerSkipOptions {
  /** A search that goes on through generations, made by `skipSearch`. Default: a new one for each generation. */
  readonly search?: SkipSearch
  /** A fixed set, [subLayers], 1 is skipped: nothing is searched. Default none. */
  readonly skipped?: Uint8Array
  /** The draft ends after a token less probable than this to the skipping model. Default 0.8. */
  readonly threshold?: number
  /** Of the draft. 0 drafts the most probable tokens, as a point mass. Default 0. */
  readonly temperature?: number
  /** Tokens that a set must foretell when it is tried. Default 32. */
  readonly context?: number
  /** Rounds from one tried set to the next. Default 16. */
  readonly interval?: number
}

export type CheckedOptions = Pick<LayerSkipOptions, 'search' | 'skipped'> &
  Required<Omit<LayerSkipOptions, 'search' | 'skipped'>>

/** @throws BAD_OPTION */
export function checkedOptions(options: LayerSkipOptions): CheckedOptions {
  checkKeys('layerSkip', options, ['search', 'skipped', 'threshold', 'temperature', 'context', 'interval'])
  const { search, skipped, threshold = 0.8, temperature = 0, context = 32, interval = 16 } = options
  checkNumber('layerSkip', 'threshold', threshold, 0, 1)
  checkNumber('layerSkip', 'temperature', temperature, 0)
  checkInteger('layerSkip', 'context', context, 1)
  checkInteger('layerSkip', 'interval', interval, 1)
  if (search !== undefined && skipped !== undefined) {
    throw badOption('layerSkip', 'skipped', 'was given beside "search"', 'a search or a fixed set')
  }
  return {
    threshold,
    temperature,
    context,
    interval,
    ...(search !== undefined && { search }),
    ...(skipped !== undefined && { skipped }),
  }
}
