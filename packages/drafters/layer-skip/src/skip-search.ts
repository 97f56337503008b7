/**
 * The search for sub-layers to skip (section 4.1 of the paper): random sets, and every `bayesInterval`-th time the set that looks
 * best to a Gaussian process, mean + κ deviation. A set that scores above the best one so far takes its place.
 */
import { checkInteger, checkKeys, checkNumber, rng, STREAMS } from '@foretoken/core'
import { gaussianProcess, type Observation } from './gaussian-process.ts'

export interface SkipSearchOptions {
  /** Share of the sub-layers that may be skipped, to skip. Those of the first and last layer never are. Default 0.45. */
  readonly ratio?: number
  /** Proposals from one of the Gaussian process to the next. Default 25. */
  readonly bayesInterval?: number
  /** The search ends after so many proposals in turn that were no better. Default 300. */
  readonly tolerance?: number
  /** The search ends after so many proposals. Default 1000. */
  readonly proposals?: number
  /** The search ends with a score above this. Default 0.95. */
  readonly enough?: number
  /** An integer in [0, 2^53). Default 0. */
  readonly seed?: number
}

/** A search for the set of sub-layers whose skipping changes the model least. */
export interface SkipSearch {
  /** Sub-layers of the model. */
  readonly subLayers: number
  /** The best set so far, [subLayers]: 1 is skipped. At first sub-layers at even distances. */
  readonly best: Uint8Array
  /** Its score; −Infinity before the first. */
  readonly bestScore: number
  readonly isOver: boolean
  /** The next set to score. */
  propose(): Uint8Array
  /** The score of the set proposed last; higher is better. */
  learn(score: number): void
  /** The best set's score on other text, with which proposals are compared from now on. */
  rescore(score: number): void
}

/** κ: how much an unsure prediction is worth trying. */
const KAPPA = 2.5
/** Observations of the Gaussian process; the oldest go. */
const MOST_OBSERVATIONS = 64
/** Random sets among which the climb to the acquisition's maximum begins, and swaps tried at each step of it. */
const STARTS = 64
const SWAPS = 96
const CLIMBS = 12

/**
 * @param subLayers Of the model: `model.skipping.subLayers`.
 * @throws BAD_OPTION
 */
export function skipSearch(subLayers: number, options: SkipSearchOptions = {}): SkipSearch {
  const { ratio, bayesInterval, tolerance, proposals, enough, seed } = checkedOptions(options)
  checkInteger('skipSearch', 'subLayers', subLayers, 0)
  const source = rng(seed)
  const free = Math.max(0, subLayers - 4)
  const size = Math.floor(free * ratio)
  const observations: Observation[] = []
  let proposed = evenSet(subLayers, size)
  let best = proposed
  let bestScore = Number.NEGATIVE_INFINITY
  let count = 0
  let patience = 0

  /** Uniform numbers of the current proposal. */
  function uniforms(): () => number {
    let index = 0
    return () => source.uniform(STREAMS.draft, count, index++)
  }

  return {
    subLayers,
    get best() {
      return best
    },
    get bestScore() {
      return bestScore
    },
    get isOver() {
      return size === 0 || bestScore > enough || patience > tolerance || count >= proposals
    },
    propose() {
      count++
      const isBayesian = count % bayesInterval === 0 && observations.length > 0
      const uniform = uniforms()
      proposed = isBayesian ? likeliest(observations, subLayers, size, uniform) : randomSet(subLayers, size, uniform)
      return proposed
    },
    learn(score) {
      if (observations.length === MOST_OBSERVATIONS) observations.shift()
      observations.push({ set: proposed, score })
      patience = score > bestScore ? 0 : patience + 1
      if (score > bestScore) [best, bestScore] = [proposed, score]
    },
    rescore(score) {
      bestScore = score
    },
  }
}

/** `size` sub-layers at even distances. */
function evenSet(subLayers: number, size: number): Uint8Array {
  const set = new Uint8Array(subLayers)
  for (let i = 0; i < size; i++) set[2 + Math.floor(((i + 0.5) * (subLayers - 4)) / size)] = 1
  return set
}

/** `size` sub-layers drawn without replacement. */
function randomSet(subLayers: number, size: number, uniform: () => number): Uint8Array {
  const set = new Uint8Array(subLayers)
  let left = subLayers - 4
  let wanted = size
  for (let i = 2; left > 0; i++, left--) {
    if (uniform() * left < wanted) {
      set[i] = 1
      wanted--
    }
  }
  return set
}

/** Climbs to a set of large mean + κ deviation by swaps, from the best of some random sets and of those observed. */
function likeliest(
  observations: readonly Observation[],
  subLayers: number,
  size: number,
  uniform: () => number,
): Uint8Array {
  const predict = gaussianProcess(observations)
  const acquisition = (set: Uint8Array): number => {
    const { mean, deviation } = predict(set)
    return mean + KAPPA * deviation
  }
  const starts = observations.map(({ set }) => set)
  for (let i = 0; i < STARTS; i++) starts.push(randomSet(subLayers, size, uniform))
  let best = { set: starts[0]!, value: Number.NEGATIVE_INFINITY }
  const consider = (set: Uint8Array) => {
    const value = acquisition(set)
    if (value > best.value) best = { set, value }
  }
  starts.forEach(consider)
  for (let climb = 0; climb < CLIMBS; climb++) {
    const { set } = best
    for (let i = 0; i < SWAPS; i++) consider(swapped(set, uniform))
    if (best.set === set) break
  }
  return best.set
}

/** One skipped sub-layer changed for another. */
function swapped(set: Uint8Array, uniform: () => number): Uint8Array {
  const pick = (entry: number) => {
    const places = [...set.keys()].filter((i) => i >= 2 && i < set.length - 2 && set[i] === entry)
    return places[Math.floor(uniform() * places.length)]
  }
  const [out, into] = [pick(1), pick(0)]
  const next = set.slice()
  if (out === undefined || into === undefined) return next
  next[out] = 0
  next[into] = 1
  return next
}

function checkedOptions(options: SkipSearchOptions): Required<SkipSearchOptions> {
  checkKeys('skipSearch', options, ['ratio', 'bayesInterval', 'tolerance', 'proposals', 'enough', 'seed'])
  const { ratio = 0.45, bayesInterval = 25, tolerance = 300, proposals = 1000, enough = 0.95, seed = 0 } = options
  checkNumber('skipSearch', 'ratio', ratio, 0, 1)
  checkInteger('skipSearch', 'bayesInterval', bayesInterval, 1)
  checkInteger('skipSearch', 'tolerance', tolerance, 0)
  checkInteger('skipSearch', 'proposals', proposals, 0)
  checkNumber('skipSearch', 'enough', enough, 0, 1)
  checkInteger('skipSearch', 'seed', seed, 0)
  return { ratio, bayesInterval, tolerance, proposals, enough, seed }
}
