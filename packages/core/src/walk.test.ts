import { expect, it } from 'vitest'
import { blockWalk } from '../../verifiers/block/src/walk.ts'
import { type DraftLaw, distance, jointLaw, type Laws, plainLaw, randomLaws } from '../test/enumerate.ts'
import { categorical } from './categorical.ts'
import { rng } from './rng.ts'
import { matchWalk, rejectionWalk, walkScratch } from './walk.ts'

const walks = {
  match: matchWalk,
  rejection: (...[draft, target, draws]: Parameters<typeof matchWalk>) =>
    rejectionWalk(draft, target, draws, walkScratch(target.vocabularySize)),
  block: (...[draft, target, draws]: Parameters<typeof matchWalk>) =>
    blockWalk(draft, target, draws, walkScratch(target.vocabularySize)),
}

const chains = [[-1], [-1, 0], [-1, 0, 1]]
const trees = [
  [-1, -1],
  [-1, -1, -1],
  [-1, -1, 0, 0],
  [-1, 0, -1, 2],
  [-1, -1, 0, 2],
]

const shapes = {
  match: [...chains, ...trees],
  rejection: [...chains, ...trees],
  block: chains,
}

const source = rng(20)
let cases = 0

/** Draws laws until without-replacement siblings always find enough tokens. */
function randomCase(
  vocabularySize: number,
  parents: readonly number[],
  kind: DraftLaw['kind'],
  siblings: DraftLaw['siblings'],
) {
  const widest = Math.max(...parents.map((parent) => parents.filter((other) => other === parent).length))
  const id = ++cases
  const p = randomLaws((index) => source.uniform(0, index, id), vocabularySize)
  const raw = randomLaws((index) => source.uniform(1, index, id), vocabularySize)
  const q: Laws = (context) => {
    const law = raw(context)
    if (siblings === 'independent' || law.filter((x) => x > 0).length >= widest) return law
    return Float32Array.from(law, (_, token) => (token === 0 ? 1 - (vocabularySize - 1) / 16 : 1 / 16))
  }
  const law: DraftLaw = { parents, q, kind, siblings }
  return { p, law }
}

for (const [name, walk] of Object.entries(walks)) {
  for (const kind of ['dense', 'sparse', 'point-mass'] as const) {
    for (const siblings of ['independent', 'without-replacement'] as const) {
      it(`${name} walk keeps the target's law exactly: ${kind}, ${siblings}`, () => {
        for (const parents of shapes[name as keyof typeof shapes]) {
          for (let repeat = 0; repeat < 12; repeat++) {
            const vocabularySize = parents.length < 3 ? 2 + (repeat % 5) : 2 + (repeat % 2)
            const widest = parents.filter((parent) => parent === -1).length
            if (widest > vocabularySize) continue
            const { p, law } = randomCase(vocabularySize, parents, kind, siblings)
            const length = Math.min(parents.length + 1, 4)
            const joint = jointLaw(p, law, walk, categorical, length)
            expect(distance(joint, plainLaw(p, length))).toBeLessThan(1e-12)
          }
        }
      })
    }
  }
}
