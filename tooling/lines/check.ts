import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listFiles, type Problem } from '../workspace/packages.ts'
import { LIMITS, measure } from './measure.ts'

const PLACES = ['packages', 'apps', 'bench', 'examples', 'tooling']

export interface SizeReport {
  readonly problems: readonly Problem[]
  /** Lines of source and of tests, by top folder or package group. */
  readonly totals: ReadonlyMap<string, { readonly source: number; readonly tests: number }>
  /** Lines of code in core's sources. */
  readonly core: number
}

/** Lines that are neither blank nor comment. */
export function codeLines(text: string): number {
  return text.split('\n').filter((line) => !/^\s*($|\/\/|\/\*|\*)/.test(line)).length
}

function groupOf(file: string): string {
  const [top = '', second = ''] = file.split('/')
  return top === 'packages' ? `packages/${second}` : top
}

function checkFile(file: string, text: string, isTest: boolean): Problem[] {
  const size = measure(file, text)
  const problems: Problem[] = []
  const limit = file === 'packages/core/src/decode.ts' ? LIMITS.decode : LIMITS.file
  if (size.lines > limit && !size.isExcused) {
    const message = `${size.lines} lines; at most ${limit}, unless the first comment says "Over the limit: <reason>".`
    problems.push({ file, message })
  }
  for (const { name, line, lines, isExcused } of isTest ? [] : size.functions) {
    if (lines <= LIMITS.function || isExcused) continue
    problems.push({
      file: `${file}:${line}`,
      message: `${name} has ${lines} lines of its own; at most ${LIMITS.function}.`,
    })
  }
  return problems
}

/** Measures every TypeScript file of the repository. */
export function checkLines(root: string): SizeReport {
  const problems: Problem[] = []
  const totals = new Map<string, { source: number; tests: number }>()
  let core = 0
  for (const place of PLACES) {
    for (const name of listFiles(join(root, place))) {
      if (!/\.(ts|mjs)$/.test(name) || name.endsWith('.d.mts')) continue
      const file = `${place}/${name}`
      const text = readFileSync(join(root, file), 'utf8')
      const isTest = /\.(test|test-d|bench)\.ts$/.test(name)
      const lines = text.split('\n').length - 1
      const total = totals.get(groupOf(file)) ?? { source: 0, tests: 0 }
      total[isTest ? 'tests' : 'source'] += lines
      totals.set(groupOf(file), total)
      if (file.startsWith('packages/core/src/') && !isTest) core += codeLines(text)
      problems.push(...checkFile(file, text, isTest))
    }
  }
  if (core > LIMITS.core)
    problems.push({ file: 'packages/core/src', message: `${core} lines of code; at most ${LIMITS.core}.` })
  return { problems, totals, core }
}
