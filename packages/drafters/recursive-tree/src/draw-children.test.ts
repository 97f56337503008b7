import { rng, STREAMS } from '@foretoken/core'
import { chiSquare } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { drawChildren, gumbelBelow } from './draw-children.ts'

const LAW = [0.5, 0.3, 0.15, 0.05]
const RUNS = 40_000
const source = rng(11)
const ROOT = { phi: 0, g: 0 }

/** Draws of run `run`. */
const uniforms = (run: number) => (j: number, kind: 0 | 1) => source.uniform(STREAMS.draft, run, 2 * j + kind)

it('draws ordered pairs with probability q(a) q(b) / (1 − q(a))', () => {
  const law = Float32Array.from(LAW)
  const counts = new Array<number>(16).fill(0)
  for (let run = 0; run < RUNS; run++) {
    const [a, b] = drawChildren(law, 2, ROOT, uniforms(run))
    counts[4 * a!.token + b!.token]!++
  }
  const expected = counts.map((_, pair) => {
    const [a, b] = [pair >> 2, pair & 3]
    return a === b ? 0 : (LAW[a]! * LAW[b]!) / (1 - LAW[a]!)
  })
  const possible = [...expected.keys()].filter((pair) => expected[pair]! > 0)
  expect(counts.filter((_, pair) => expected[pair] === 0).every((count) => count === 0)).toBe(true)
  const { pValue } = chiSquare(
    possible.map((pair) => counts[pair]!),
    possible.map((pair) => expected[pair]!),
  )
  expect(pValue).toBeGreaterThan(0.001)
  expect([...law]).toEqual([...Float32Array.from(LAW)])
})

it('gives children falling values, the first its parent’s, and ends when no token is left', () => {
  for (let run = 0; run < 200; run++) {
    const children = drawChildren(Float32Array.of(0.25, 0, 0.75, 0), 4, { phi: -2, g: -1.5 }, uniforms(run))
    expect(children.map(({ token }) => token).toSorted()).toEqual([0, 2])
    expect(children[0]!.g).toBe(-1.5)
    expect(children[1]!.g).toBeLessThan(-1.5)
    for (const { token, phi } of children) expect(phi).toBeCloseTo(-2 + Math.log(token === 0 ? 0.25 : 0.75), 12)
  }
})

it('has the truncated law of Gumbel values', () => {
  const [bound, location] = [0.4, -0.7]
  const below = (g: number) => Math.exp(-Math.exp(location - g)) / Math.exp(-Math.exp(location - bound))
  for (const u of [1e-12, 0.1, 0.5, 0.9, 0.999999]) expect(below(gumbelBelow(bound, location, u))).toBeCloseTo(u, 10)
  expect(gumbelBelow(bound, location, 0)).toBeLessThan(bound)
})

it('keeps the sets that the noise for the whole vocabulary keeps: two levels, two paths', () => {
  const second = (token: number) =>
    Float32Array.from(
      [
        [0.1, 0.9],
        [0.6, 0.4],
        [0.5, 0.5],
      ][token]!,
    )
  const first = Float32Array.of(0.5, 0.3, 0.2)
  const counts = new Map<string, number>()
  for (let run = 0; run < RUNS; run++) {
    const parents = drawChildren(first, 2, ROOT, uniforms(run))
    const paths = parents.flatMap((parent, i) =>
      drawChildren(second(parent.token), 2, parent, (j, kind) =>
        source.uniform(STREAMS.accept, run, 8 * (i + 1) + 2 * j + kind),
      ).map((child) => ({ name: `${parent.token}${child.token}`, g: child.g })),
    )
    const key = paths
      .sort((a, b) => b.g - a.g)
      .slice(0, 2)
      .map(({ name }) => name)
      .join(' ')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  // Plackett–Luce: without replacement from the laws of whole paths.
  const paths = [0, 1, 2].flatMap((a) => [0, 1].map((b) => ({ name: `${a}${b}`, p: first[a]! * second(a)[b]! })))
  const pairs = paths.flatMap((x) =>
    paths.filter((y) => y !== x).map((y) => ({ key: `${x.name} ${y.name}`, p: (x.p * y.p) / (1 - x.p) })),
  )
  const { pValue } = chiSquare(
    pairs.map(({ key }) => counts.get(key) ?? 0),
    pairs.map(({ p }) => p),
  )
  expect(pValue).toBeGreaterThan(0.001)
})
