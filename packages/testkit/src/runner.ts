/** What a test body may be given: vitest and node:test both pass an object that can skip. */
export interface TestContext {
  skip(reason?: string): unknown
}

/**
 * The part of a test runner that the suites need; `{ describe, it }` of vitest, Jest, Mocha or node:test will do. The
 * suites bring their own assertions, which throw.
 */
export interface Runner {
  describe(name: string, body: () => void): unknown
  it(name: string, body: (context?: unknown) => Promise<void>): unknown
}

/** One test and how it ended. */
export interface TestResult {
  readonly name: string
  /** Undefined when the test passed. */
  readonly error?: unknown
  readonly skipped?: string
}

/**
 * Runs a suite without a test framework, test by test.
 * @example
 * const results = await runSuite((runner) => testBackend(runner, { create }))
 * const failed = results.filter(({ error }) => error !== undefined)
 */
export async function runSuite(suite: (runner: Runner) => void): Promise<TestResult[]> {
  const tests: { name: string; body: (context?: unknown) => Promise<void> }[] = []
  const names: string[] = []
  suite({
    describe(name, body) {
      names.push(name)
      body()
      names.pop()
    },
    it: (name, body) => tests.push({ name: [...names, name].join(' > '), body }),
  })
  const results: TestResult[] = []
  for (const { name, body } of tests) {
    let skipped: string | undefined
    try {
      await body({ skip: (reason?: string) => (skipped = reason ?? 'no reason given') })
      results.push(skipped === undefined ? { name } : { name, skipped })
    } catch (error) {
      results.push({ name, error })
    }
  }
  return results
}

/** Skips the running test with a reason, where the runner can. Return right after it. */
export function skip(context: unknown, reason: string): void {
  if (isTestContext(context)) context.skip(reason)
}

function isTestContext(value: unknown): value is TestContext {
  const isThing = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return isThing && 'skip' in value && typeof value.skip === 'function'
}
