/** The joint law over several rounds, by exact enumeration: what one round saw must not tie the next. */
import { expect, it } from 'vitest'
import { blockWalk } from '../../verifiers/block/src/walk.ts'
import { type Ask, cells, distance, type Laws, plainLaw, targetOf } from '../test/enumerate.ts'
import { categorical } from './categorical.ts'
import { matchWalk, rejectionWalk, walkScratch } from './walk.ts'

const p: Laws = (context) => (context.length % 2 === 0 ? Float32Array.of(0.25, 0.75) : Float32Array.of(0.625, 0.375))
const q: Laws = (context) => (context.length % 2 === 0 ? Float32Array.of(0.5, 0.5) : Float32Array.of(0.25, 0.75))

type Walk = typeof matchWalk

/** Rounds of two drafted tokens until three are committed; keys of accept and correct hold the round if `isByRound`. */
function generateThree(walk: Walk, isByRound: boolean): (ask: Ask) => string {
  return (ask) => {
    const committed: number[] = []
    while (committed.length < 3) {
      const start = committed.length
      const round = isByRound ? start : ''
      const tokens: number[] = []
      for (let i = 0; i < 2; i++) {
        tokens.push(categorical(q([...committed, ...tokens]), ask(`draft ${start} ${start + i}`)))
      }
      const rows = tokens.flatMap((_, i) => [...q([...committed, ...tokens.slice(0, i)])])
      const target = targetOf((context) => p([...committed, ...context]), [-1, 0], tokens, categorical)
      const outcome = walk(
        { tokens: Int32Array.from(tokens), q: { kind: 'dense', rows: Float32Array.from(rows) } },
        target,
        {
          sample: (offset) => ask(`sample ${start + offset}`),
          accept: (offset, index = 0) => ask(`accept ${round} ${start + offset} ${index}`),
          correct: (offset) => ask(`correct ${round} ${start + offset}`),
        },
      )
      committed.push(...[...outcome.path].map((node) => tokens[node]!), outcome.token)
    }
    return committed.slice(0, 3).join()
  }
}

/** Largest error in the law of the first three tokens. */
function bias(walk: Walk, isByRound: boolean): number {
  const joint = new Map<string, number>()
  for (const { result, mass } of cells(generateThree(walk, isByRound))) {
    joint.set(result, (joint.get(result) ?? 0) + mass)
  }
  return distance(joint, plainLaw(p, 3))
}

it('keeps the joint law over rounds', () => {
  const scratch = walkScratch(2)
  expect(bias(matchWalk, true)).toBeLessThan(1e-12)
  expect(bias((...args) => rejectionWalk(...args, scratch), true)).toBeLessThan(1e-12)
  expect(bias((...args) => blockWalk(...args, scratch), true)).toBeLessThan(1e-12)
})

it('would not with block verification and keys without the round: it looks past the cut', () => {
  const scratch = walkScratch(2)
  expect(bias((...args) => blockWalk(...args, scratch), false)).toBeGreaterThan(1e-3)
  expect(bias((...args) => rejectionWalk(...args, scratch), false)).toBeLessThan(1e-12)
})
