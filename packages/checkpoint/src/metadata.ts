import { badCheckpoint } from './bad-checkpoint.ts'

/** Typed, checked access to a checkpoint's description; a value of another type than asked is refused by name. */
export interface Metadata {
  has(key: string): boolean
  text(key: string): string | undefined
  number(key: string): number | undefined
  flag(key: string): boolean | undefined
  strings(key: string): readonly string[] | undefined
  numbers(key: string): ArrayLike<number> | undefined
  flags(key: string): readonly boolean[] | undefined
  isList(key: string): boolean
  /** A whole number in [least, most]; required unless there is a `fallback`. */
  count(key: string, least: number, most: number, fallback?: number): number
}

/** Metadata over named values; a null counts as absent. */
export function metadataOf(values: ReadonlyMap<string, unknown>): Metadata {
  const typed = <T>(key: string, what: string, is: (value: unknown) => value is T): T | undefined => {
    const value = values.get(key) ?? undefined
    if (value === undefined || is(value)) return value
    throw badCheckpoint(`The value of "${key}" is not ${what}.`, { key })
  }
  const number = (key: string): number | undefined => typed(key, 'a number', isNumber)
  return {
    has: (key) => (values.get(key) ?? undefined) !== undefined,
    text: (key) => typed(key, 'a string', isText),
    number,
    flag: (key) => typed(key, 'a boolean', isFlag),
    strings: (key) => typed(key, 'an array of strings', isStrings),
    numbers: (key) => typed(key, 'an array of numbers', isNumbers),
    flags: (key) => typed(key, 'an array of booleans', isFlags),
    isList: (key) => Array.isArray(values.get(key)) || ArrayBuffer.isView(values.get(key)),
    count(key, least, most, fallback) {
      const value = number(key) ?? fallback
      if (value !== undefined && Number.isInteger(value) && value >= least && value <= most) return value
      const found = value === undefined ? 'missing' : String(value)
      throw badCheckpoint(`The value of "${key}" is ${found}; a whole number from ${least} to ${most} was expected.`, {
        key,
        value,
      })
    },
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
const isStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')
const isNumbers = (value: unknown): value is ArrayLike<number> =>
  (ArrayBuffer.isView(value) && !(value instanceof DataView)) ||
  (Array.isArray(value) && value.every((item) => typeof item === 'number'))
const isFlags = (value: unknown): value is readonly boolean[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'boolean')
