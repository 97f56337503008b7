import { badCheckpoint } from '../bad-checkpoint.ts'
import type { GgufValue } from './values.ts'

/** Typed, checked access to GGUF metadata; a value of another type than asked is refused by name. */
export interface Metadata {
  text(key: string): string | undefined
  number(key: string): number | undefined
  flag(key: string): boolean | undefined
  strings(key: string): readonly string[] | undefined
  numbers(key: string): ArrayLike<number> | undefined
  /** A whole number in [least, most], required. */
  count(key: string, least: number, most: number): number
}

/** Metadata over a header's map. */
export function metadataOf(values: ReadonlyMap<string, GgufValue>): Metadata {
  const typed = <T>(key: string, what: string, is: (value: unknown) => value is T): T | undefined => {
    const value = values.get(key)
    if (value === undefined || is(value)) return value as T | undefined
    throw badCheckpoint(`The metadata value "${key}" is not ${what}.`, { key })
  }
  const number = (key: string): number | undefined => typed(key, 'a number', isNumber)
  return {
    text: (key) => typed(key, 'a string', isText),
    number,
    flag: (key) => typed(key, 'a boolean', isFlag),
    strings: (key) => typed(key, 'an array of strings', isStrings),
    numbers: (key) => typed(key, 'an array of numbers', isNumbers),
    count(key, least, most) {
      const value = number(key)
      if (value !== undefined && Number.isInteger(value) && value >= least && value <= most) return value
      throw badCheckpoint(
        `The metadata value "${key}" is ${value === undefined ? 'missing' : value}; a whole number from ${least} to ${most} was expected.`,
        { key, value },
      )
    },
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
const isStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')
const isNumbers = (value: unknown): value is ArrayLike<number> =>
  ArrayBuffer.isView(value) || (Array.isArray(value) && value.every((item) => typeof item === 'number'))
