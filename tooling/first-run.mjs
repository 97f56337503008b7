// `npm start` and `npm test`: from a machine with only Node and git to a running program.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { prepare, root } from './workspace/prepare.mjs'
import { hand, say } from './workspace/process.mjs'

const [task, ...args] = process.argv.slice(2)

/** Counts of a vitest JSON report; a file that could not be loaded and an error outside tests count as one failure each. */
function counts(file, code) {
  let report
  try {
    report = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
  const broken = report.testResults.filter((suite) => suite.status === 'failed' && suite.assertionResults.length === 0)
  const failed = report.numFailedTests + broken.length
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

async function test() {
  await prepare('all')
  const report = join(root, 'node_modules', '.cache', 'foretoken', 'tests.json')
  rmSync(report, { force: true })
  const project = args.some((argument) => argument.startsWith('--project')) ? [] : ['--project', 'unit']
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const code = await hand(process.execPath, [vitest, 'run', ...project, ...reporters, ...args], { cwd: root })
  const { passed, failed, skipped } = counts(report, code)
  process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
  return code
}

async function start() {
  await prepare('cli')
  const program = join(root, 'apps', 'cli', 'dist', 'main.js')
  return hand(process.execPath, [program, ...(args.length > 0 ? ['run', ...args] : [])])
}

if (task === 'test') process.exitCode = await test()
else if (task === 'start') process.exitCode = await start()
else {
  say('Usage: first-run.mjs start [prompt and options of "foretoken run"] | test [options of vitest]')
  process.exitCode = 1
}
