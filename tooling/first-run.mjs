// `npm start` and `npm test`: from a machine with only Node and git to a running program.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { prepare, root } from './workspace/prepare.mjs'
import { hand, say } from './workspace/process.mjs'
import { closingLine, countTests, failureLines } from './workspace/test-report.mjs'

const [task, ...args] = process.argv.slice(2)

async function test() {
  await prepare('all')
  const report = join(root, 'node_modules', '.cache', 'foretoken', 'tests.json')
  rmSync(report, { force: true })
  const project = args.some((argument) => argument.startsWith('--project')) ? [] : ['--project', 'unit']
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const code = await hand(process.execPath, [vitest, 'run', ...project, ...reporters, ...args], { cwd: root })
  const text = existsSync(report) ? readFileSync(report, 'utf8') : undefined
  for (const line of failureLines(text)) process.stdout.write(`\n${line}`)
  process.stdout.write(`\n${closingLine(countTests(text, code))}\n`)
  return code
}

async function start() {
  await prepare('cli')
  const program = join(root, 'apps', 'cli', 'dist', 'main.js')
  if (args.length > 0) return hand(process.execPath, [program, 'run', ...args])
  // Standard input in CI may be a pipe that nobody closes; the story must not wait for it.
  return hand(process.execPath, [program], process.env.CI ? { stdio: ['ignore', 'inherit', 'inherit'] } : {})
}

if (task === 'test') process.exitCode = await test()
else if (task === 'start') process.exitCode = await start()
else {
  say('Usage: first-run.mjs start [prompt and options of "foretoken run"] | test [options of vitest]')
  process.exitCode = 1
}
