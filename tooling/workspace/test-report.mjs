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
