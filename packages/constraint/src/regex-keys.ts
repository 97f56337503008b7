import { type ByteSet, byteSet } from './byte-sets.ts'

/** Of a regex that no byte begins. */
export const NO_BYTE: ByteSet = byteSet([])

/** Ids from here on have keys. */
export const FIRST = 2 as const
/** First number of a key, by kind. */
export const KEYS = { bytes: 0, concat: 1, or: 2, and: 3, not: 4, repeat: 5, except: 6, automaton: 7 } as const

/** No text at all. */
export const NOTHING: number = 0
/** The empty text only. */
export const EMPTY_TEXT: number = 1
