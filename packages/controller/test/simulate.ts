/** Simulated drafters, a simulated target, and a clock that their costs drive. Of the tests alone. */
import { type Committed, type Draft, type Drafter, type Model, nextChild, rng, STREAMS } from '@foretoken/core'
import { type Controller, controller } from '../src/controller.ts'
import type { CostCurve } from '../src/cost-curve.ts'
import type { ControllerOptions } from '../src/options.ts'

/** Milliseconds of a plain step. */
const UNIT = 10
/** True costs: four rows nearly free, eight dear. */
const ROWS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32]
const COSTS = [1, 1.03, 1.06, 1.1, 1.45, 1.8, 2.6, 3.4, 4.7, 6]
export const CURVE: CostCurve = {
  version: 1,
  rows: ROWS,
  contexts: [0],
  milliseconds: [COSTS.map((cost) => cost * UNIT)],
}

export interface Source {
  readonly name: string
  /** Probability that the token at `depth` is right, given that those before it were. */
  accept(depth: number, round: number): number
  /** Plain steps for asking, and for each level. */
  readonly base?: number
  readonly level?: number
  /** Drawn from a law, so that the draft is verified as it is. */
  readonly isDrawn?: boolean
}

export interface World {
  now: number
  /** What `now` would be on a quiet machine. */
  work: number
  /** How many times longer than on that one something takes now. */
  slowness(): number
  round: number
  position: number
  /** The token at a position; wrong ones are others. */
  truth(position: number): number
  uniform(): number
}

/** A machine that others use too: its speed jumps now and then, to between half and double, and all work is interrupted. */
function busy(uniform: () => number): () => number {
  let speed = 1
  return () => {
    if (uniform() < 0.02) speed = 2 ** (2 * uniform() - 1)
    const jitter = 0.9 + 0.2 * uniform()
    return speed * jitter * (uniform() < 0.05 ? 1 + 4 * uniform() : 1)
  }
}

export function world(seed: number, isBusy = false): World {
  const source = rng(seed)
  let draws = 0
  return {
    now: 0,
    work: 0,
    slowness: isBusy ? busy(() => source.uniform(STREAMS.sample, draws++)) : () => 1,
    round: 0,
    position: 1,
    truth: (position) => position % 50,
    uniform: () => source.uniform(STREAMS.draft, draws++),
  }
}

export function simulated(source: Source, here: World): Drafter {
  const { name, accept, base = 0, level = 0, isDrawn = false } = source
  return {
    manifest: { specVersion: 1, kind: 'drafter', name, requires: [] },
    begin() {},
    draft(room, _draws, goesOn): Draft {
      spend(here, base * UNIT)
      const tokens: number[] = []
      let isRight = true
      while (tokens.length < room) {
        spend(here, level * UNIT)
        isRight &&= here.uniform() < accept(tokens.length + 1, here.round)
        tokens.push(here.truth(here.position + tokens.length) + (isRight ? 0 : 50))
        if (level > 0 && goesOn?.(Number.NaN) === false) break
      }
      const q = isDrawn ? ({ kind: 'dense', rows: new Float32Array(0) } as const) : ({ kind: 'point-mass' } as const)
      return { tokens: Int32Array.from(tokens), q }
    },
    commit() {},
    dispose() {},
    async [Symbol.asyncDispose]() {},
  }
}

function spend(here: World, milliseconds: number): void {
  here.work += milliseconds
  here.now += milliseconds * here.slowness()
}

function trueCost(rows: number): number {
  const index = ROWS.findLastIndex((point) => point <= rows)
  if (index === ROWS.length - 1) return COSTS[index]! + ((rows - 32) * 1.3) / 8
  const share = (rows - ROWS[index]!) / (ROWS[index + 1]! - ROWS[index]!)
  return COSTS[index]! + share * (COSTS[index + 1]! - COSTS[index]!)
}

/** Plays a round and gives the tokens that it committed. */
export async function playRound(drafter: Controller, here: World): Promise<number> {
  const draft = await drafter.draft(100, { uniform: () => here.uniform() })
  spend(here, trueCost(1 + draft.tokens.length) * UNIT)
  const path: number[] = []
  let node = -1
  for (;;) {
    const wanted = here.truth(here.position + path.length)
    let child = nextChild(draft, node)
    while (child >= 0 && draft.tokens[child] !== wanted) child = nextChild(draft, node, child)
    if (child < 0) break
    path.push(child)
    node = child
  }
  const token = here.truth(here.position + path.length)
  const kind = nextChild(draft, node) < 0 ? 'bonus' : 'corrected'
  const tokens = Int32Array.of(...path.map((at) => draft.tokens[at]!), token)
  const output = { rows: 1 + draft.tokens.length, logits: new Float32Array(0) }
  const committed: Committed = { path: Int32Array.from(path), token, kind, tokens, draft, output, base: 0 }
  here.position += tokens.length
  here.round++
  drafter.commit(committed)
  return tokens.length
}

export function modelOf(here: World): Model {
  const supports = new Set(['attention:tree-mask', 'logits:all-positions'])
  const facts = { supports, vocabularySize: 1000, contextLength: 1e9, maximumRows: 64 }
  return {
    ...facts,
    get length() {
      return here.position - 1
    },
  } as unknown as Model
}

/** Tokens per plain step over the rounds from `from` on, of one run. */
export async function play(
  sources: readonly Source[],
  rounds: number,
  seed: number,
  options: Partial<ControllerOptions> = {},
  from = 0,
  isBusy = false,
): Promise<{ rate: number; drafter: Controller }> {
  const here = world(seed, isBusy)
  const drafters = sources.map((source) => simulated(source, here))
  const drafter = controller({ drafters, costs: CURVE, clock: () => here.now, ...options })
  await drafter.begin(Int32Array.of(0), modelOf(here))
  let [tokens, started] = [0, 0]
  for (let round = 0; round < rounds; round++) {
    if (round === from) started = here.work
    const committed = await playRound(drafter, here)
    if (round >= from) tokens += committed
  }
  return { rate: (tokens * UNIT) / (here.work - started), drafter }
}

/** Rate of the best single drafter and size, none included, by the true acceptance at `round`. */
export function bestFixed(sources: readonly Source[], round = 0): number {
  let best = 1
  for (const { accept, base = 0, level = 0 } of sources) {
    let [path, tokens] = [1, 1]
    for (let k = 1; k <= 31; k++) {
      path *= accept(k, round)
      tokens += path
      best = Math.max(best, tokens / (trueCost(1 + k) + base + k * level))
    }
  }
  return best
}

export async function meanRate(
  sources: readonly Source[],
  rounds: number,
  seeds: number,
  options: Partial<ControllerOptions> = {},
  isBusy = false,
): Promise<number> {
  let sum = 0
  for (let seed = 0; seed < seeds; seed++) sum += (await play(sources, rounds, seed, options, 0, isBusy)).rate
  return sum / seeds
}
export const flat = (name: string, a: number, more: Partial<Source> = {}): Source => ({
  name,
  accept: () => a,
  ...more,
})
