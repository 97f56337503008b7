import type { Committed, Draft, Drafter, Draws } from '@foretoken/core'
import { toyModel } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { adaptive, steppedLength } from './length-policy.ts'

const prompt = Int32Array.of(1)
const point = (count: number): Draft => ({ tokens: new Int32Array(count), q: { kind: 'point-mass' } })
const draws: Draws = { uniform: (offset, index = 0) => offset * 1000 + index }

function committed(draft: Draft, accepted: number): Committed {
  const path = Int32Array.from({ length: accepted }, (_, i) => i)
  const output = { rows: 1, logits: new Float32Array(0) }
  return { draft, path, token: 0, kind: 'corrected', tokens: new Int32Array(accepted + 1), output, base: 0 }
}

/** Drafts as many tokens as it may, and writes down how many. */
function recorder(): Drafter & { asked: number[] } {
  const asked: number[] = []
  return {
    manifest: { specVersion: 1, kind: 'drafter', name: 'recorder', requires: [] },
    asked,
    begin() {},
    draft(room) {
      asked.push(room)
      return point(room)
    },
    commit() {},
    dispose() {},
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

it('adaptive drafts two levels more after a whole draft was accepted, one less after any other', async () => {
  const inner = recorder()
  const outer = adaptive(inner, steppedLength({ start: 2, most: 5 }))
  await outer.begin(prompt, toyModel({ vocabularySize: 8 }))
  const asked: number[] = []
  for (const share of [1, 1, 1, 0, 0.5, 1]) {
    const draft = await outer.draft(8, draws)
    asked.push(draft.tokens.length)
    outer.commit(committed(draft, Math.floor(draft.tokens.length * share)))
  }
  expect(asked).toEqual([2, 4, 5, 5, 4, 3])
  await outer.begin(prompt, toyModel({ vocabularySize: 8 }))
  expect((await outer.draft(8, draws)).tokens).toHaveLength(2)
  expect((await outer.draft(1, draws)).tokens).toHaveLength(1)
})

it('adaptive learns nothing from the draft of another and drafts nothing at length 0', async () => {
  const inner = recorder()
  const outer = adaptive(inner, steppedLength({ start: 2 }))
  await outer.begin(prompt, toyModel({ vocabularySize: 8 }))
  await outer.draft(8, draws)
  outer.commit(committed(point(2), 0))
  expect((await outer.draft(8, draws)).tokens).toHaveLength(2)
  const silent = adaptive(inner, { begin() {}, next: () => 0, learn() {} })
  inner.asked.length = 0
  expect((await silent.draft(8, draws)).tokens).toHaveLength(0)
  expect(inner.asked).toEqual([])
})

it('refuses lengths that make no sense', () => {
  expect(() => steppedLength({ least: 0 })).toThrow('"least" is 0')
  expect(() => steppedLength({ least: 3, most: 2 })).toThrow('"most" is 2')
  expect(() => steppedLength({ start: 20 })).toThrow('"start" is 20')
  expect(() => steppedLength({ strat: 2 } as object)).toThrow('"strat" is not an option')
})
