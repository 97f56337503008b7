import { expect, it } from 'vitest'
import { declarationsOf } from './declarations.ts'

it('keeps contracts and points imports at built files', () => {
  const text = [
    "import type { A } from './a.ts'",
    "import { b } from '../b.ts'",
    "export { c } from 'other/d.ts'",
    '/** Adds. */',
    'export function add(a: A, b: number): number {\n  return b\n}',
    "export type D = import('./d.ts').D",
  ].join('\n')
  expect(declarationsOf('x.ts', text)).toBe(
    [
      "import type { A } from './a.js';",
      "export { c } from 'other/d.ts';",
      '/** Adds. */',
      'export declare function add(a: A, b: number): number;',
      "export type D = import('./d.js').D;",
      '',
    ].join('\n'),
  )
})

it('refuses an export without a type', () => {
  expect(() => declarationsOf('x.ts', 'export const f = (a) => a + 1')).toThrow(/x\.ts: .*isolatedDeclarations/)
})
