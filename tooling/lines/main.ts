// `pnpm lines`: how large everything is.
import { root } from '../workspace/prepare.mjs'
import { checkLines } from './check.ts'
import { LIMITS } from './measure.ts'

const { totals, core, problems } = checkLines(root)
const rows = [...totals].sort(([a], [b]) => a.localeCompare(b))
const width = Math.max(...rows.map(([group]) => group.length))
console.log(`${''.padEnd(width)}  source   tests`)
for (const [group, { source, tests }] of rows) {
  console.log(`${group.padEnd(width)}  ${String(source).padStart(6)}  ${String(tests).padStart(6)}`)
}
console.log(`\nCore: ${core} lines of code, at most ${LIMITS.core}.`)
for (const { file, message } of problems) console.log(`${file}: ${message}`)
