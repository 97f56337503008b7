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

/** What a run gave, and the first uniform it asked for that was not fixed. */
interface Trace {
  readonly result: string
  readonly next?: string | undefined
}

/** Asks for a run with some uniforms fixed and the others at `filler`. */
interface Ask {
  readonly fixed: ReadonlyMap<string, number>
  readonly filler: number
}

/** Asks for runs, one after the other, until it knows its result: so that code that answers at once need not wait. */
type Asking<T> = Generator<Ask, T, Trace>

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
  const asking = lawOf(options)
  for (let step = asking.next(); ; ) {
    if (step.done) return step.value
    const { uniform, next } = keyed(step.value)
    const result = await run(uniform)
    step = asking.next({ result, next: next() })
  }
}

/** `lawOverUniforms` of code that answers at once; several times faster. */
export function lawOverUniformsNow(
  run: (uniform: KeyedUniform) => string,
  options: UniformCellsOptions = {},
): Map<string, number> {
  const asking = lawOf(options)
  for (let step = asking.next(); ; ) {
    if (step.done) return step.value
    const { uniform, next } = keyed(step.value)
    const result = run(uniform)
    step = asking.next({ result, next: next() })
  }
}

/** The uniforms of one run. */
function keyed({ fixed, filler }: Ask): { uniform: KeyedUniform; next: () => string | undefined } {
  let next: string | undefined
  return {
    uniform(key) {
      const value = fixed.get(key)
      if (value === undefined) next ??= key
      return value ?? filler
    },
    next: () => next,
  }
}

function* lawOf({ grid = 16, mostRuns = 1e6 }: UniformCellsOptions): Asking<Map<string, number>> {
  const law = new Map<string, number>()
  let runs = 0

  function* trace(fixed: ReadonlyMap<string, number>, filler: number): Asking<Trace> {
    if (++runs > mostRuns) throw new Error(`The law takes more than ${mostRuns} runs; take a smaller case.`)
    return yield { fixed, filler }
  }

  function* explore(fixed: ReadonlyMap<string, number>, probability: number): Asking<void> {
    const { result, next } = yield* trace(fixed, FILLERS[0]!)
    const again = yield* trace(fixed, FILLERS[0]!)
    if (again.result !== result || again.next !== next) {
      throw new Error(`The same uniforms gave ${result}, then ${again.result}; they must decide everything.`)
    }
    if (next === undefined) {
      law.set(result, (law.get(result) ?? 0) + probability)
      return
    }
    const at = (u: number) => new Map(fixed).set(next, u)
    function* signature(u: number, expected?: readonly string[]): Asking<readonly string[] | undefined> {
      const seen: string[] = []
      for (const filler of FILLERS) {
        const { result, next: later } = yield* trace(at(u), filler)
        const part = later === undefined ? result : `${result}|${later}`
        if (expected !== undefined && part !== expected[seen.length]) return undefined
        seen.push(part)
        if (later === undefined) break
      }
      return seen
    }
    for (const [from, to] of yield* cells(signature, grid)) yield* explore(at(from), probability * (to - from))
  }

  yield* explore(new Map(), 1)
  return law
}

/** Everything that may be seen with the uniform at `u`; undefined as soon as it differs from `expected`. */
type Signature = (u: number, expected?: readonly string[]) => Asking<readonly string[] | undefined>

/** Cuts [0, 1) where the signature changes. */
function* cells(signature: Signature, grid: number): Asking<[number, number][]> {
  const starts = [0]
  let current = yield* signature(0)
  for (let i = 1; i <= grid; i++) {
    const to = i === grid ? 1 - 2 ** -53 : i / grid
    while ((yield* signature(to, current)) === undefined) {
      let inside = Math.max(starts.at(-1)!, (i - 1) / grid)
      let outside = to
      while (outside - inside > BORDER) {
        const middle = (inside + outside) / 2
        if ((yield* signature(middle, current)) === undefined) outside = middle
        else inside = middle
      }
      starts.push(outside)
      current = yield* signature(outside)
    }
  }
  return starts.map((start, i) => [start, starts[i + 1] ?? 1])
}
