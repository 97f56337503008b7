import { ForetokenError } from './errors.ts'

/**
 * Refuses options nobody reads.
 * @param method Who was called, for the message.
 * @throws BAD_OPTION naming the first unknown key.
 */
export function checkKeys(method: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw badOption(method, key, 'is not an option', `one of ${known.join(', ')}`)
  }
}

/**
 * Refuses numbers out of range; `undefined` passes, since defaults are the caller's.
 * @throws BAD_OPTION naming method, key, value and range.
 */
export function checkInteger(
  method: string,
  key: string,
  value: unknown,
  least: number,
  most: number = 2 ** 53 - 1,
): void {
  if (value === undefined) return
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return
  throw badOption(method, key, `is ${String(value)}`, `an integer from ${least} to ${most}`)
}

/** As `checkInteger`, for finite numbers. */
export function checkNumber(method: string, key: string, value: unknown, least: number, most: number = Infinity): void {
  if (value === undefined) return
  if (Number.isFinite(value) && (value as number) >= least && (value as number) <= most) return
  throw badOption(method, key, `is ${String(value)}`, `a number from ${least} to ${most}`)
}

/** `method: option "key" found; expected was expected.` */
export function badOption(method: string, key: string, found: string, expected: string): ForetokenError {
  return new ForetokenError('BAD_OPTION', `${method}: "${key}" ${found}; expected ${expected}.`, {
    fix: `Correct or leave out "${key}".`,
    details: { method, key },
  })
}
