import type { Committed, Draft, Drafter } from '@foretoken/core'
import { expect, it } from 'vitest'
import { CURVE, flat, modelOf, playRound, type Source, simulated, world } from '../test/simulate.ts'
import { type Controller, controller } from './controller.ts'
import type { Alarm } from './member.ts'

const DRAWS = { uniform: () => 0.5 }
const PROMPT = Int32Array.of(0)
const WRONG: Draft = { tokens: Int32Array.of(900), q: { kind: 'point-mass' } }

function drafterOf(name: string, parts: Partial<Drafter>): Drafter {
  return {
    manifest: { specVersion: 1, kind: 'drafter', name, requires: [] },
    begin() {},
    draft: () => WRONG,
    commit() {},
    dispose() {},
    async [Symbol.asyncDispose]() {},
    ...parts,
  }
}

it('answers at once when its drafters do', async () => {
  const here = world(1)
  const drafter = controller({ drafters: [simulated(flat('good', 0.8), here)], costs: CURVE, clock: () => here.now })
  expect(drafter.begin(PROMPT, modelOf(here))).toBeUndefined()
  for (let round = 0; round < 5; round++) expect(drafter.draft(9, DRAWS)).not.toBeInstanceOf(Promise)
})

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve: () => resolve() }
}

it('leaves out a drafter whose beginning does not come, and takes it back once it has', async () => {
  const here = world(1)
  const ring: Alarm = (_, call) => {
    queueMicrotask(call)
    return () => {}
  }
  const { promise, resolve } = withResolvers()
  let generation = 0
  const slow = drafterOf('slow', { begin: () => (generation++ > 0 ? undefined : promise) })
  const drafter = controller({ drafters: [slow], costs: CURVE, clock: () => here.now, alarm: ring })
  await drafter.begin(PROMPT, modelOf(here))
  expect(drafter.report().benched).toEqual([
    { drafter: 'slow', reason: expect.stringMatching(/beginning did not come within 1001 ms/) },
  ])
  expect(await playRound(drafter, here)).toBe(1)
  resolve()
  await promise
  await drafter.begin(PROMPT, modelOf(here))
  expect(drafter.report().benched).toEqual([])
})

/** Rounds of several generations; reads of the clock and milliseconds of drafting in all. */
async function spend(drafter: Controller, here: ReturnType<typeof world>, generations: number, rounds: number) {
  let drafting = 0
  for (let generation = 0; generation < generations; generation++) {
    await drafter.begin(PROMPT, modelOf(here))
    for (let round = 0; round < rounds; round++) {
      const before = here.now
      const tokens = await playRound(drafter, here)
      drafting += here.now - before - 10 * tokens
    }
  }
  return drafting
}

it('does not think in most rounds about drafters that are always wrong', async () => {
  const here = world(1)
  let reads = 0
  const clock = (): number => {
    reads++
    return here.now
  }
  const useless: Source = flat('useless', 0, { base: 0.01 })
  const drafter = controller({ drafters: [simulated(useless, here)], costs: CURVE, clock })
  await spend(drafter, here, 1, 300)
  reads = 0
  await spend(drafter, here, 3, 100)
  expect(reads).toBeLessThan(300)
  expect(drafter.report('lifetime').rounds).toBe(600)
})

it('spends at most epsilon of all time on probes of a drafter that is slow and wrong, and leaves it where it can', async () => {
  for (const isWaitedFor of [true, false]) {
    const here = world(1)
    const [delay, epsilon] = [40, 0.002]
    let wait = 0
    const alarm: Alarm = (limit, call) => {
      here.now += Math.min(limit, wait)
      if (limit < wait) queueMicrotask(call)
      return () => {}
    }
    const slow = drafterOf('slow', {
      draft() {
        wait = delay
        if (isWaitedFor) return new Promise((resolve) => setTimeout(() => resolve(WRONG), 0))
        here.now += delay
        return WRONG
      },
    })
    const drafter = controller({ drafters: [slow], costs: CURVE, epsilon, clock: () => here.now, alarm })
    await spend(drafter, here, 1, 4)
    const started = here.now
    const lost = await spend(drafter, here, 120, 100)
    if (isWaitedFor) expect(lost).toBeLessThan(delay)
    expect(lost).toBeGreaterThan(0)
    expect(lost / (here.now - started)).toBeLessThan(1.01 * epsilon)
  }
})

it('tells whoever looks at passes of each at once, and the others of the rounds that it slept through, in order', async () => {
  const here = world(1)
  const heard: Committed[][] = [[], []]
  const listening = (i: number, requires: Drafter['manifest']['requires']): Drafter => ({
    ...drafterOf(`listener ${i}`, {
      draft() {
        here.now += 0.1
        return WRONG
      },
      commit: (committed) => void heard[i]!.push(committed),
    }),
    manifest: { specVersion: 1, kind: 'drafter', name: `listener ${i}`, requires },
  })
  let reads = 0
  const clock = (): number => {
    reads++
    return here.now
  }
  const drafter = controller({
    drafters: [listening(0, []), listening(1, ['logits:all-positions'])],
    costs: CURVE,
    clock,
  })
  await drafter.begin(PROMPT, modelOf(here))
  let [rounds, naps, isNap] = [0, 0, false]
  while (rounds < 199 || !isNap) {
    const before = reads
    await playRound(drafter, here)
    isNap = reads === before
    if (isNap) naps++
    expect(heard[1]!.length).toBe(++rounds)
  }
  expect(naps).toBeGreaterThan(rounds / 2)
  // A round that had room for no draft, in the middle of a nap.
  drafter.commit({ ...heard[1]![0]!, token: 7, tokens: Int32Array.of(7) })
  expect(drafter.report().rounds).toBe(rounds)
  await drafter.dispose()
  const tokens = (told: readonly Committed[]): number[] => told.flatMap(({ tokens }) => [...tokens])
  expect(tokens(heard[0]!)).toEqual(tokens(heard[1]!))
  expect(tokens(heard[0]!).at(-1)).toBe(7)
})
