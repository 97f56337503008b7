/**
 * Exact laws of randomised code. Code that asks for uniforms by key is run over all their values: along each uniform, [0, 1)
 * falls into cells within which nothing changes, and their borders are found by bisection. Summed over cells, the law of the result has no
 * sampling error; what is left is the width of the bisection, below 1e-13 for each border.
 */

/** A uniform number in [0, 1) for a key; the same key gives the same number. */
export type KeyedUniform = (key: string) => number

/** Values given to uniforms that were not reached yet, to tell cells apart by all that may follow. */
const FILLERS = [0.5, 0, 1 - 2 ** -53]
const BORDER = 2 ** -46

export interface UniformCellsOptions {
  /** Points tried along each uniform before bisecting; a cell between two equal points stays unseen. Default 16. */
  readonly grid?: number
  /** Runs after which to give up. Default 1 million. */
  readonly mostRuns?: number
}

/**
 * The exact law of `run`'s result over independent uniforms.
 * @param run Must depend on nothing but its uniforms. May be called very often.
 * @returns Probability by result; sums to 1.
 * @example
 * await lawOverUniforms((uniform) => (uniform('coin') < 0.25 ? 'heads' : 'tails')) // heads 0.25, tails 0.75
 */
export async function lawOverUniforms(
  run: (uniform: KeyedUniform) => string | Promise<string>,
  options: UniformCellsOptions = {},
): Promise<Map<string, number>> {
  const { grid = 16, mostRuns = 1e6 } = options
  const law = new Map<string, number>()
  let runs = 0

  /** Runs with some uniforms fixed and the others at `filler`. */
  async function trace(fixed: ReadonlyMap<string, number>, filler: number): Promise<{ result: string; next?: string }> {
    if (++runs > mostRuns) throw new Error(`The law takes more than ${mostRuns} runs; take a smaller case.`)
    let next: string | undefined
    const result = await run((key) => {
      const value = fixed.get(key)
      if (value === undefined) next ??= key
      return value ?? filler
    })
    return next === undefined ? { result } : { result, next }
  }

  async function explore(fixed: ReadonlyMap<string, number>, probability: number): Promise<void> {
    const { result, next } = await trace(fixed, FILLERS[0]!)
    const again = await trace(fixed, FILLERS[0]!)
    if (again.result !== result || again.next !== next) {
      throw new Error(`The same uniforms gave ${result}, then ${again.result}; they must decide everything.`)
    }
    if (next === undefined) {
      law.set(result, (law.get(result) ?? 0) + probability)
      return
    }
    const at = (u: number) => new Map(fixed).set(next, u)
    const signature: Signature = async (u, expected) => {
      const seen: string[] = []
      for (const filler of FILLERS) {
        const { result, next: later } = await trace(at(u), filler)
        const part = later === undefined ? result : `${result}|${later}`
        if (expected !== undefined && part !== expected[seen.length]) return undefined
        seen.push(part)
        if (later === undefined) break
      }
      return seen
    }
    for (const [from, to] of await cells(signature, grid)) await explore(at(from), probability * (to - from))
  }

  await explore(new Map(), 1)
  return law
}

/** Everything that may be seen with the uniform at `u`; undefined as soon as it differs from `expected`. */
type Signature = (u: number, expected?: readonly string[]) => Promise<readonly string[] | undefined>

/** Cuts [0, 1) where the signature changes. */
async function cells(signature: Signature, grid: number): Promise<[number, number][]> {
  const starts = [0]
  let current = await signature(0)
  for (let i = 1; i <= grid; i++) {
    const to = i === grid ? 1 - 2 ** -53 : i / grid
    while ((await signature(to, current)) === undefined) {
      let inside = Math.max(starts.at(-1)!, (i - 1) / grid)
      let outside = to
      while (outside - inside > BORDER) {
        const middle = (inside + outside) / 2
        if ((await signature(middle, current)) === undefined) outside = middle
        else inside = middle
      }
      starts.push(outside)
      current = await signature(outside)
    }
  }
  return starts.map((start, i) => [start, starts[i + 1] ?? 1])
}
