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
