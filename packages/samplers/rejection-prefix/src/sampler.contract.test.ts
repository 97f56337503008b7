import { categorical } from '@foretoken/core'
import { testSampler } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { allowedBy } from './attempt.ts'
import { prefix, propose, see } from './trie.ts'

/** One token of a text; `isVisited` where the law after the prefix is known, and everything legal. */
const token = (isVisited: boolean) => (law: Float32Array, u: number) => {
  const [probabilities, weights] = [Float64Array.from(law), new Float64Array(law.length)]
  const everything = allowedBy(Uint32Array.of(0xffffffff), new Set(), false)
  const node = prefix(1)
  if (isVisited) see(node, probabilities, everything)
  return categorical(weights, u, propose(node, probabilities, everything, weights))
}

testSampler({ describe, it }, { name: 'where nothing is known', create: () => token(false) })
testSampler({ describe, it }, { name: 'where nothing is illegal', create: () => token(true) })
