import { constrain, vocabulary } from '@foretoken/constraint'
import { expect, it } from 'vitest'
import { choice } from './choice.ts'

const bytes = vocabulary({ vocabularySize: 257, tokenBytes: (id) => Uint8Array.of(id), stopTokens: [256] })

it('allows its texts and no other', () => {
  const constraint = constrain(choice(['no', 'not', 'yes']), bytes)
  const accepts = (text: string): boolean =>
    constraint.matcher().accepts([...new TextEncoder().encode(text), 256]) === text.length + 1
  expect(['no', 'not', 'yes', 'n', 'nott', ''].map(accepts)).toEqual([true, true, true, false, false, false])
})

it('stays quick with many', () => {
  const many = Array.from({ length: 20_000 }, (_, i) => `word ${i}`)
  expect(constrain(choice(many), bytes).matcher().accepts(new TextEncoder().encode('word 19999'))).toBe(10)
})

it('refuses no texts', () => {
  expect(() => choice([])).toThrow(/list of texts/)
  expect(() => choice(['a', ''])).toThrow(/none of them empty/)
})
