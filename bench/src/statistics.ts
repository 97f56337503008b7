import { rng, STREAMS } from '@foretoken/core'

/** The middle value of a list, [n], the mean of the two middle ones if `n` is even; NaN of nothing. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The `share` quantile, interpolated linearly between order statistics; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = share * (sorted.length - 1)
  const low = sorted[Math.floor(at)]
  const high = sorted[Math.ceil(at)]
  return low === undefined || high === undefined ? Number.NaN : low + (high - low) * (at - Math.floor(at))
}

/**
 * Median of `ours[i] / theirs[i]`: each pair was measured one after the other, so what slows the machine for a while
 * slows both.
 */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
  const ratios: number[] = []
  for (let i = 0; i < Math.min(ours.length, theirs.length); i++) ratios.push(ours[i]! / theirs[i]!)
  return median(ratios)
}

/** The list turned left by `by` places: interleaved runs take turns in who comes first. */
export function rotated<Item>(list: readonly Item[], by: number): Item[] {
  const cut = list.length === 0 ? 0 : by % list.length
  return [...list.slice(cut), ...list.slice(0, cut)]
}

export interface BootstrapOptions {
  readonly seed: number
  /** Default 2,000. */
  readonly resamples?: number
  /** Share of resamples inside the interval. Default 0.95. */
  readonly level?: number
}

/**
 * Percentile interval of a statistic by resampling a list with replacement (Efron, 1979).
 * @param statistic Of the drawn indexes, [list]; a result that is not finite is left out.
 * @returns Its lower and upper end, NaN when no resample gave a number.
 */
export function bootstrap(
  length: number,
  statistic: (indexes: Int32Array) => number,
  { seed, resamples = 2000, level = 0.95 }: BootstrapOptions,
): [number, number] {
  const { uniform } = rng(seed)
  const indexes = new Int32Array(length)
  const found: number[] = []
  for (let resample = 0; resample < resamples; resample++) {
    for (let i = 0; i < length; i++) indexes[i] = Math.floor(uniform(STREAMS.sample, resample, i) * length)
    const value = statistic(indexes)
    if (Number.isFinite(value)) found.push(value)
  }
  return [quantile(found, (1 - level) / 2), quantile(found, (1 + level) / 2)]
}

/** Items by a key, in order of their first appearance. */
export function grouped<Item, Key>(list: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>()
  for (const item of list) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}
