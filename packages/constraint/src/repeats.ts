/** How often something may stand in sequence. */
export interface Counts {
  readonly min: number
  readonly max: number
}

/** `(x{a,b}){c,d}` as `x{ac,bd}`, where it leaves out none of those between. */
export function productOf(inner: Counts, outer: Counts): Counts | undefined {
  const [min, most] = [inner.min * outer.min, outer.min === 0 ? 0 : inner.max * outer.min]
  // Once more must begin where so many end; if it does from the fewest on, it does ever after.
  if (outer.max > outer.min && inner.min * (outer.min + 1) > most + 1) return undefined
  return { min, max: outer.max === 0 ? 0 : inner.max * outer.max }
}
