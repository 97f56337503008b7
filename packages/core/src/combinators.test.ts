import { expect, it } from 'vitest'
import { toyDrafter } from '../test/toy-drafters.ts'
import { toyModel } from '../test/toy-model.ts'
import { capped, firstOf } from './combinators.ts'
import type { Committed, Draft, Drafter, Draws } from './drafter.ts'
import { ForetokenError } from './errors.ts'

const prompt = Int32Array.of(1)
const point = (count: number): Draft => ({ tokens: new Int32Array(count), q: { kind: 'point-mass' } })
const draws: Draws = { uniform: (offset, index = 0) => offset * 1000 + index }

function committed(draft: Draft, accepted: number): Committed {
  const path = Int32Array.from({ length: accepted }, (_, i) => i)
  const output = { rows: 1, logits: new Float32Array(0) }
  return { draft, path, token: 0, kind: 'corrected', tokens: new Int32Array(accepted + 1), output, base: 0 }
}

/** A drafter that writes down what it is asked. */
function recorder(draft: (room: number, draws: Draws) => Draft): Drafter & { log: string[] } {
  const log: string[] = []
  return {
    ...toyDrafter(() => point(0), 'recorder'),
    log,
    begin: () => void log.push('begin'),
    draft(room, given) {
      log.push(`draft ${room}`)
      return draft(room, given)
    },
    commit: () => void log.push('commit'),
    dispose: () => void log.push('dispose'),
  }
}

it('firstOf takes the first draft that is not empty; all follow', async () => {
  const shy = recorder(() => point(0))
  const bold = recorder(() => point(2))
  const unasked = recorder(() => point(3))
  const all = firstOf(shy, bold, unasked)
  await all.begin(prompt, toyModel())
  const draft = await all.draft(5, draws)
  expect(draft.tokens).toHaveLength(2)
  all.commit(committed(draft, 1))
  await all.dispose()
  expect(shy.log).toEqual(['begin', 'draft 5', 'commit', 'dispose'])
  expect(bold.log).toEqual(['begin', 'draft 5', 'commit', 'dispose'])
  expect(unasked.log).toEqual(['begin', 'commit', 'dispose'])
  expect(all.manifest.name).toBe('first-of(recorder, recorder, recorder)')
  expect((await firstOf(shy).draft(5, draws)).tokens).toHaveLength(0)
})

it('firstOf needs what any of them needs, and gives each its own uniforms, nested too', async () => {
  const needs = (requires: Drafter['manifest']['requires']): Drafter => {
    const drafter = toyDrafter(() => point(0))
    return { ...drafter, manifest: { ...drafter.manifest, requires } }
  }
  const all = firstOf(needs(['kv:fork']), needs(['kv:fork', 'attention:tree-mask']))
  expect(all.manifest.requires).toEqual(['kv:fork', 'attention:tree-mask'])
  const seen: number[] = []
  const asks = (): Drafter =>
    recorder((_, given) => {
      for (let index = 0; index < 3; index++) seen.push(given.uniform(1, index))
      return point(0)
    })
  await firstOf(asks(), firstOf(asks(), asks())).draft(1, draws)
  expect(seen).toHaveLength(9)
  expect(new Set(seen).size).toBe(9)
})

it('passes on who decides whether to go on', async () => {
  const given: unknown[] = []
  const inner: Drafter = {
    ...toyDrafter(() => point(0)),
    draft(_room, _draws, goesOn) {
      given.push(goesOn)
      return point(1)
    },
  }
  const goesOn = () => true
  for (const wrapped of [firstOf(inner), capped(inner, 2)]) {
    await wrapped.draft(5, draws, goesOn)
  }
  expect(given).toEqual([goesOn, goesOn])
})

it('capped passes on a smaller room', async () => {
  const inner = recorder((room) => point(room))
  const outer = capped(inner, 3)
  expect((await outer.draft(8, draws)).tokens).toHaveLength(3)
  expect((await outer.draft(2, draws)).tokens).toHaveLength(2)
  expect(outer.manifest.name).toBe('capped(recorder, 3)')
  expect(() => capped(inner, 0)).toThrow(ForetokenError)
})
