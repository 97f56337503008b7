/** Index of the first token that differs; nothing when both are the same. */
export function firstDifference(a: Int32Array, b: Int32Array): number | undefined {
  const at = a.findIndex((token, i) => token !== b[i])
  if (at >= 0) return at
  return a.length === b.length ? undefined : Math.min(a.length, b.length)
}
