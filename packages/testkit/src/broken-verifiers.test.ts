import {
  accepts,
  categorical,
  type Draft,
  draftProbability,
  draftRow,
  matchWalk,
  nextChild,
  type Outcome,
  rejectionWalk,
  residual,
  SPEC_VERSION,
  type TargetRows,
  type Verifier,
  type VerifyDraws,
  walkScratch,
  withoutRejected,
} from '@foretoken/core'
import { expect, it } from 'vitest'
import { runSuite } from './runner.ts'
import { testVerifier } from './verifier-suite.ts'

function verifier(verify: Verifier['verify']): Verifier {
  return {
    manifest: { specVersion: SPEC_VERSION, kind: 'verifier', name: 'broken', requires: [], guarantee: 'lossless' },
    verify,
  }
}

/** Names of the tests that fail. */
async function failures(create: () => Verifier, options = {}): Promise<string> {
  const results = await runSuite((runner) => testVerifier(runner, { create, lawCases: 3, ...options }))
  return results
    .filter(({ error }) => error !== undefined)
    .map(({ name }) => name)
    .join('\n')
}

const rejecting = (draft: Draft, target: TargetRows, draws: VerifyDraws) =>
  rejectionWalk(draft, target, draws, walkScratch(target.vocabularySize))

/** Token-wise rejection with parts to break. */
function walk(
  parts: {
    order?: (children: number[], draft: Draft, size: number) => number[]
    renormalise?: boolean
    correct?: (p: Float32Array, weights: Float64Array, mass: number, u: number) => number
    same?: boolean
  },
  draft: Draft,
  target: TargetRows,
  draws: VerifyDraws,
): Outcome {
  if (target.isGreedy || draft.q.kind === 'point-mass') return matchWalk(draft, target, draws)
  const size = target.vocabularySize
  const path: number[] = []
  for (let node = -1; ; ) {
    const depth = path.length
    let children: number[] = []
    for (let child = nextChild(draft, node); child >= 0; child = nextChild(draft, node, child)) children.push(child)
    if (children.length === 0) {
      return { path: Int32Array.from(path), token: target.sample(node, draws.sample(depth)), kind: 'bonus' }
    }
    children = parts.order?.(children, draft, size) ?? children
    const p = target.probabilities(node)
    const weights = Float64Array.from(p)
    let [mass, left, accepted] = [1, 1, -1]
    const rejected: number[] = []
    for (const child of children) {
      const token = draft.tokens[child]!
      const q = draftProbability(draft, child, size)
      if (accepts(weights[token]!, (mass * q) / left, draws.accept(depth, rejected.length))) {
        accepted = child
        break
      }
      rejected.push(token)
      mass = residual(weights, draftRow(draft, child, new Float32Array(size)), mass / left, weights)
      if (mass <= 0) mass = withoutRejected(p, rejected, weights)
      if (draft.siblings === 'without-replacement' && parts.renormalise !== false) left = Math.max(left - q, 1e-12)
    }
    if (accepted < 0) {
      const u = parts.same ? draws.accept(depth, 0) : draws.correct(depth)
      const token = parts.correct?.(p, weights, mass, u) ?? categorical(weights, u, mass)
      return { path: Int32Array.from(path), token, kind: 'corrected' }
    }
    path.push(accepted)
    node = accepted
  }
}
const broken = (parts: Parameters<typeof walk>[0]) => () => verifier((...args) => walk(parts, ...args))

it('passes the walk whose parts are broken below', async () => {
  expect(await failures(broken({}))).toBe('')
})

it('catches siblings that are tried in order of probability', async () => {
  const order = (children: number[], draft: Draft, size: number) =>
    [...children].sort((a, b) => draftProbability(draft, b, size) - draftProbability(draft, a, size))
  const names = await failures(broken({ order }))
  expect(names).toMatch(/keeps the law with a dense tree/)
  expect(names).not.toMatch(/chain/)
})

it('catches a draft law that is not renormalised after a sibling failed', async () => {
  const names = await failures(broken({ renormalise: false }))
  expect(names).toMatch(/keeps the law with .* without-replacement/)
})

it('catches a corrected token drawn from p', async () => {
  const names = await failures(broken({ correct: (p, _weights, _mass, u) => categorical(p, u) }))
  expect(names).toMatch(/keeps the law with a dense chain of 1/)
})

it('catches a corrected token that reuses the uniform of its rejection', async () => {
  expect(await failures(broken({ same: true }))).toMatch(/keeps the law with a dense chain of 1/)
})

it('catches a bias of one in a thousand', async () => {
  const biased = () =>
    verifier((draft, target, draws) =>
      rejecting(draft, target, { ...draws, accept: (offset, index) => draws.accept(offset, index) * 1.001 }),
    )
  expect(await failures(biased)).toMatch(/keeps the law/)
})

it('catches a verifier that takes every draft for a point mass drawn with q', async () => {
  const names = await failures(() =>
    verifier((draft, target, draws) =>
      rejecting({ ...draft, q: draft.q.kind === 'point-mass' ? flat(draft, target) : draft.q }, target, draws),
    ),
  )
  expect(names).toMatch(/keeps the law with a point-mass chain/)
})

/** A law that a point mass was not drawn from. */
function flat(draft: Draft, target: TargetRows): Draft['q'] {
  return {
    kind: 'dense',
    rows: new Float32Array(draft.tokens.length * target.vocabularySize).fill(1 / target.vocabularySize),
  }
}

it('catches side effects, hidden state and foreign keys', async () => {
  let calls = 0
  const stateful = () =>
    verifier((draft, target, draws) => (calls++ % 2 ? rejecting(draft, target, draws) : plain(target, draws)))
  expect(await failures(stateful)).toMatch(/decides/)
  const meddling = () =>
    verifier((draft, target, draws) => {
      const outcome = rejecting(draft, target, draws)
      draft.tokens.fill(0)
      return outcome
    })
  expect(await failures(meddling)).toMatch(/decides/)
  const straying = () =>
    verifier((draft, target, draws) => {
      draws.sample(draft.tokens.length + 5)
      return rejecting(draft, target, draws)
    })
  expect(await failures(straying)).toMatch(/decides/)
})

function plain(target: TargetRows, draws: VerifyDraws): Outcome {
  return { path: new Int32Array(0), token: target.sample(-1, draws.sample(0)), kind: 'corrected' }
}

it('catches wrong kinds, paths and impossible tokens', async () => {
  const outcomes: ((outcome: Outcome) => Outcome)[] = [
    (outcome) => ({ ...outcome, kind: 'bonus' }),
    (outcome) => ({ ...outcome, path: outcome.path.map((node) => node + 1) }),
    (outcome) => ({ ...outcome, token: 3 }),
  ]
  for (const change of outcomes) {
    const changed = () => verifier((...args) => change(rejecting(...args)))
    expect(await failures(changed)).toMatch(/decides/)
  }
  // `u q <= p` accepts what p excludes at u = 0: a law of measure zero, yet a wrong token.
  const lenient = () =>
    verifier((draft, target, draws) => {
      const token = draft.tokens[0]
      const isHit = token !== undefined && !target.isGreedy && draws.accept(0) === 0
      return isHit ? { path: Int32Array.of(0), token: 0, kind: 'corrected' } : rejecting(draft, target, draws)
    })
  expect(await failures(lenient)).toMatch(/decides/)
})

it('catches a rule that is not greedy at temperature 0', async () => {
  const names = await failures(() =>
    verifier((draft, target, draws) =>
      rejecting(
        draft,
        { ...target, isGreedy: false, sample: (node, u) => categorical(target.probabilities(node), u) },
        draws,
      ),
    ),
  )
  // Point masses at the argmax make sampling greedy: such a verifier is right, only slow.
  expect(names).toBe('')
  const second = () =>
    verifier((draft, target, draws) =>
      target.isGreedy ? { ...plain(target, draws), token: 0 } : rejecting(draft, target, draws),
    )
  expect(await failures(second)).toMatch(/plain greedy/)
})

it('catches a verifier that says it reproduces the plain run', async () => {
  const names = await failures(() => verifier(rejecting), { reproducesPlain: true })
  expect(names).toMatch(/reproduces the plain sampled run/)
})

it('catches an incomplete manifest', async () => {
  const { guarantee: _, ...manifest } = verifier(rejecting).manifest
  expect(await failures(() => ({ manifest, verify: rejecting }))).toMatch(/states its manifest/)
  const lossy = { ...manifest, guarantee: 'lossy' } as const
  expect(await failures(() => ({ manifest: lossy, verify: rejecting }))).toMatch(/states its manifest/)
})

it('finds a verifier that is taken in by a law that is none', async () => {
  // What a rejection leaves is computed without looking at q as a whole.
  const credulous = (draft: Draft, target: TargetRows, draws: VerifyDraws): Outcome => {
    if (target.isGreedy || draft.tokens.length !== 1 || draft.q.kind !== 'dense') return rejecting(draft, target, draws)
    const scratch = walkScratch(target.vocabularySize)
    const q = draftRow(draft, 0, scratch.row)
    const p = target.probabilities(-1)
    const token = draft.tokens[0]!
    if (accepts(p[token]!, q[token]!, draws.accept(0))) {
      return { path: Int32Array.of(0), token: target.sample(0, draws.sample(1)), kind: 'bonus' }
    }
    let mass = 0
    for (let x = 0; x < p.length; x++) mass += scratch.weights[x] = Math.max(0, p[x]! - q[x]!)
    if (mass <= 0) mass = withoutRejected(p, [token], scratch.weights)
    return { path: new Int32Array(0), token: categorical(scratch.weights, draws.correct(0), mass), kind: 'corrected' }
  }
  expect(await failures(() => verifier(credulous), { lawPairs: 1 })).toMatch(/not taken in by a dishonest law/)
  expect(await failures(() => verifier(rejecting), { lawPairs: 1 })).not.toMatch(/dishonest/)
})
