import { expect, it } from 'vitest'
import { codeLines } from './check.ts'
import { measure } from './measure.ts'

const body = (n: number): string => Array.from({ length: n }, (_, i) => `  let x${i} = ${i}`).join('\n')

it('counts lines of files and of functions', () => {
  const { lines, functions } = measure('a.ts', `export function long(): void {\n${body(60)}\n}\n`)
  expect(lines).toBe(62)
  expect(functions).toEqual([{ name: 'long', line: 1, lines: 62, isExcused: false }])
})

it('lets a factory answer for its own statements only', () => {
  const text = `export function factory() {\n  const inner = () => {\n${body(10)}\n  }\n  return { inner, other() {\n${body(5)}\n  } }\n}\n`
  const sizes = Object.fromEntries(measure('a.ts', text).functions.map(({ name, lines }) => [name, lines]))
  expect(sizes).toEqual({ inner: 12, other: 7, factory: 21 - 12 - 7 })
})

it('accepts a reason before the function or at the top of the file', () => {
  const long = `function long(): void {\n${body(60)}\n}\n`
  const excused = (text: string): boolean[] => measure('a.ts', text).functions.map(({ isExcused }) => isExcused)
  expect(excused(`// Over the limit: one table.\n${long}`)).toEqual([true])
  expect(excused(`// A long function.\n${long}`)).toEqual([false])
  expect(
    excused(`const a = 1\n/** Over the limit: a state machine. */\nexport ${long}${long.replace('long', 'b')}`),
  ).toEqual([true, false])
  expect(measure('a.ts', `// Over the limit: generated table.\nimport './b.ts'\n${long}`).isExcused).toBe(true)
})

it('counts code without comments and blank lines', () => {
  expect(codeLines('// a\n\n/** b\n * c\n */\nconst d = 1 // e\n')).toBe(1)
})
