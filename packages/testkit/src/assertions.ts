import { type ErrorCode, ForetokenError } from '@foretoken/core'

/** @throws An error with `message` unless `condition` holds. */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

/** @throws Unless both are the same primitive. */
export function checkEqual(actual: unknown, expected: unknown, what: string): void {
  check(Object.is(actual, expected), `${what} is ${String(actual)}; expected ${String(expected)}.`)
}

/** @throws Unless both hold the same token ids. */
export function checkTokens(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  const same = actual.length === expected.length && Array.from(actual).every((token, i) => token === expected[i])
  check(same, `${what} are [${Array.from(actual).join(', ')}]; expected [${Array.from(expected).join(', ')}].`)
}

/** @throws Unless both are equal to the last bit; names the first difference. */
export function checkBits(actual: Float32Array, expected: Float32Array, what: string): void {
  checkEqual(actual.length, expected.length, `Length of ${what}`)
  const a = new Int32Array(actual.slice().buffer)
  const b = new Int32Array(expected.slice().buffer)
  const at = a.findIndex((bits, i) => bits !== b[i])
  check(at < 0, `${what} differ at ${at}: ${actual[at]} instead of ${expected[at]}; the same bits were expected.`)
}

/** @throws Unless no entry differs by more than `tolerance`. NaN never passes. */
export function checkNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  checkEqual(actual.length, expected.length, `Length of ${what}`)
  for (let i = 0; i < actual.length; i++) {
    const close = actual[i] === expected[i] || Math.abs(actual[i]! - expected[i]!) <= tolerance
    check(close, `${what} at ${i}: ${actual[i]} instead of ${expected[i]}; at most ${tolerance} apart was expected.`)
  }
}

/** @throws Unless `act` fails with a `ForetokenError` of one of these codes, with a message and a fix. */
export async function checkRefused(act: () => unknown, codes: readonly ErrorCode[], what: string): Promise<void> {
  let error: unknown
  try {
    await act()
  } catch (caught) {
    error = caught
  }
  check(error !== undefined, `${what} was accepted; expected an error ${codes.join(' or ')}.`)
  check(
    ForetokenError.is(error),
    `${what} failed with ${String(error)}; expected a ForetokenError ${codes.join(' or ')}.`,
  )
  check(codes.includes(error.code), `${what} failed with ${error.code}; expected ${codes.join(' or ')}.`)
  check(error.message.length > 10 && error.fix.length > 5, `${what}: the error must say what happened and what to do.`)
}
