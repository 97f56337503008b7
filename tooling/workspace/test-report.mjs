/**
 * Counts of a vitest JSON report. A file that could not be loaded, and an error outside tests, count as one failure
 * each, so that "0 failed" is only printed when the run succeeded.
 * @param text The report; undefined when none was written.
 * @param code Exit code of vitest.
 */
export function countTests(text, code) {
  let report
  try {
    report = JSON.parse(text)
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

/** The line that ends a test run: `N passed, N failed`, and what was skipped. */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

/**
 * One line for each failed test, `FAILED file > test: message`, to stand near the end of a long log. The message is the
 * first line of the error; a file that could not be loaded has the file alone before it.
 */
export function failureLines(text) {
  let report
  try {
    report = JSON.parse(text)
  } catch {
    return []
  }
  return report.testResults.flatMap((suite) => {
    if (suite.status !== 'failed') return []
    if (suite.assertionResults.length === 0) return [failureLine(suite.name, suite.message)]
    const failed = suite.assertionResults.filter((test) => test.status === 'failed')
    return failed.map((test) => failureLine(`${suite.name} > ${test.fullName}`, test.failureMessages?.[0]))
  })
}

function failureLine(name, message) {
  return `FAILED ${name}: ${(message ?? '').trim().split('\n')[0]}`
}
