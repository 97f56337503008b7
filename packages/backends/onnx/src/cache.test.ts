import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Cache, cache } from './cache.ts'
import { SLOTS } from './mask.ts'

const ROW = 2
const BUFFERS = 3
const empty = () => cache({ type: 'float32', rowSize: ROW, buffers: BUFFERS, contextLength: 200 })

/** Fed rows whose entries tell where they come from. */
function fedRows(stamp: number, rows: number): Float32Array {
  return Float32Array.from({ length: rows * BUFFERS * ROW }, (_, i) => stamp * 1000 + i)
}

/** What each cache should hold, by plain arrays. */
interface Expected {
  readonly real: Cache
  rows: number[][]
}

type Action =
  | { readonly kind: 'append'; readonly on: number; readonly rows: readonly number[] }
  | { readonly kind: 'rewind'; readonly on: number; readonly by: number }
  | { readonly kind: 'fork' | 'dispose'; readonly on: number }

const on = fc.nat(5)
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    kind: fc.constant('append' as const),
    on,
    rows: fc.uniqueArray(fc.nat(5), { maxLength: 6 }),
  }),
  fc.record({ kind: fc.constant('rewind' as const), on, by: fc.nat(8) }),
  fc.record({ kind: fc.constantFrom('fork' as const, 'dispose' as const), on }),
)

it('keeps every fork apart, whatever the others do', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const live: Expected[] = [{ real: empty(), rows: [] }]
      for (const [stamp, step] of actions.entries()) {
        apply(live, step, stamp)
        for (const { real, rows } of live) checkContents(real, rows)
      }
    }),
  )
})

function apply(live: Expected[], step: Action, stamp: number): void {
  const target = live[step.on % live.length] as Expected
  if (step.kind === 'append' && target.rows.length + step.rows.length <= 200) {
    const fed = fedRows(stamp, 6)
    target.real.append(fed, Int32Array.from(step.rows))
    const part = (row: number, buffer: number) => [
      ...fed.subarray((buffer * 6 + row) * ROW, (buffer * 6 + row + 1) * ROW),
    ]
    const buffers = Array.from({ length: BUFFERS }, (_, buffer) => buffer)
    target.rows = [...target.rows, ...step.rows.map((row) => buffers.flatMap((buffer) => part(row, buffer)))]
  } else if (step.kind === 'rewind') {
    const length = Math.max(0, target.rows.length - step.by)
    target.real.rewind(length)
    target.rows = target.rows.slice(0, length)
  } else if (step.kind === 'fork') {
    live.push({ real: target.real.fork(), rows: target.rows })
  } else if (step.kind === 'dispose' && live.length > 1) {
    target.real.dispose()
    live.splice(live.indexOf(target), 1)
  }
}

function checkContents(real: Cache, rows: readonly number[][]): void {
  expect(real.length).toBe(rows.length)
  for (let buffer = 0; rows.length > 0 && buffer < BUFFERS; buffer++) {
    const expected = rows.flatMap((row) => row.slice(buffer * ROW, (buffer + 1) * ROW))
    expect([...real.slots(buffer, 0, real.length)]).toEqual(expected)
  }
}

it('shares memory between forks until both append', () => {
  const origin = empty()
  origin.append(fedRows(1, 4), Int32Array.of(0, 1, 2, 3))
  const fork = origin.fork()
  expect(fork.slots(0, 0, 4).buffer).toBe(origin.slots(0, 0, 4).buffer)
  fork.append(fedRows(2, 1), Int32Array.of(0))
  expect(fork.slots(0, 0, 4).buffer).toBe(origin.slots(0, 0, 4).buffer)
  origin.append(fedRows(3, 1), Int32Array.of(0))
  expect(fork.slots(0, 0, 4).buffer).not.toBe(origin.slots(0, 0, 4).buffer)
})

it('never holds more rows than the context has, and the slots that a step reads beyond', () => {
  const small = cache({ type: 'float16', rowSize: 1, buffers: 1, contextLength: 70 })
  for (let i = 0; i < 70; i++) small.append(Uint16Array.of(i), Int32Array.of(0))
  expect(small.slots(0, 0, 70).buffer.byteLength).toBe((70 + SLOTS - 1) * 2)
  expect(small.slots(0, 69, SLOTS).length).toBe(SLOTS)
})
