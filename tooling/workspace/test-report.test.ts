import { expect, it } from 'vitest'
import { closingLine, countTests, failureLines } from './test-report.mjs'

const report = (changes: object): string =>
  JSON.stringify({
    numPassedTests: 5,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [{ status: 'passed', assertionResults: [{}] }],
    ...changes,
  })

it('counts a good run', () => {
  expect(closingLine(countTests(report({}), 0))).toBe('5 passed, 0 failed')
  expect(closingLine(countTests(report({ numPendingTests: 2, numTodoTests: 1 }), 0))).toBe(
    '5 passed, 0 failed, 3 skipped',
  )
})

it('counts failures, broken files and errors outside tests', () => {
  const broken = { status: 'failed', assertionResults: [] }
  expect(countTests(report({ numFailedTests: 2 }), 1).failed).toBe(2)
  expect(countTests(report({ testResults: [broken, broken] }), 1).failed).toBe(2)
  expect(countTests(report({}), 1).failed).toBe(1)
  expect(countTests(undefined, 1)).toEqual({ passed: 0, failed: 1, skipped: 0 })
})

it('names what failed, a line each', () => {
  const test = { status: 'failed', fullName: 'adds numbers', failureMessages: ['expected 3\n    at add.test.ts'] }
  const suites = [
    { name: 'good.test.ts', status: 'passed', assertionResults: [{ status: 'passed' }] },
    { name: 'add.test.ts', status: 'failed', assertionResults: [{ status: 'passed' }, test] },
    { name: 'broken.test.ts', status: 'failed', assertionResults: [], message: 'no such module' },
  ]
  expect(failureLines(report({ testResults: suites }))).toEqual([
    'FAILED add.test.ts > adds numbers: expected 3',
    'FAILED broken.test.ts: no such module',
  ])
  expect(failureLines(undefined)).toEqual([])
})
