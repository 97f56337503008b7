// `pnpm gates`: everything a change must pass besides the tests. `pnpm gates lint types` runs only those.
import { GATES } from './gates.ts'
import { type GateResult, runGate } from './run.ts'

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !GATES.some((gate) => gate.name === name))
if (unknown.length > 0) {
  console.error(`There is no gate "${unknown.join('", "')}". Gates: ${GATES.map(({ name }) => name).join(', ')}.`)
  process.exit(1)
}

const queue = GATES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
const results: GateResult[] = []
for (const gate of queue) {
  const result = await runGate(gate)
  results.push(result)
  console.log(
    `${result.problems.length === 0 ? 'ok  ' : 'FAIL'} ${gate.name.padEnd(10)} ${result.seconds.toFixed(1)} s  ${gate.about}`,
  )
  for (const problem of result.problems) console.log(problem.replace(/^/gm, '     '))
}
const failed = results.filter(({ problems }) => problems.length > 0)
console.log(
  failed.length === 0 ? `All ${results.length} gates passed.` : `${failed.length} of ${results.length} gates failed.`,
)
process.exitCode = failed.length === 0 ? 0 : 1
