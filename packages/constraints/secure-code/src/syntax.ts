import { badOption } from '@foretoken/core'

/** Languages whose comments and strings are known; `plain` has neither. */
export type LanguageName = 'solidity' | 'javascript' | 'plain'

/** What the lexer must know of a language. */
export interface Language {
  readonly name: LanguageName
  readonly hasComments: boolean
  readonly hasRegexes: boolean
  /** Whether `a.call{value: 1}` is part of an expression. */
  readonly hasCallOptions: boolean
  /** Bytes that open and close strings. */
  readonly quotes: readonly number[]
  /** Words that count: those in `CONTINUES` and `FUNCTIONS`. */
  readonly words: readonly string[]
}

export const CHARS = {
  tab: 9,
  blank: 32,
  doubleQuote: 34,
  dollar: 36,
  singleQuote: 39,
  star: 42,
  slash: 47,
  semicolon: 59,
  openBracket: 91,
  backslash: 92,
  closeBracket: 93,
  backtick: 96,
  openBrace: 123,
  closeBrace: 125,
} as const

/** JavaScript's words that an expression follows, not an operator. */
export const CONTINUES: ReadonlySet<string> = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'void',
  'delete',
  'throw',
  'instanceof',
  'await',
  'yield',
])
/** Solidity's words that begin what has a body of its own. */
export const FUNCTIONS: ReadonlySet<string> = new Set(['function', 'constructor', 'modifier', 'receive', 'fallback'])

/** After these, a slash divides. */
export const VALUE_BEFORE_SLASH: ReadonlySet<string> = new Set(['v', 'd'])

const LANGUAGES: Readonly<Record<LanguageName, Language>> = {
  solidity: {
    name: 'solidity',
    hasComments: true,
    hasRegexes: false,
    hasCallOptions: true,
    quotes: [CHARS.doubleQuote, CHARS.singleQuote],
    words: [...FUNCTIONS],
  },
  javascript: {
    name: 'javascript',
    hasComments: true,
    hasRegexes: true,
    hasCallOptions: false,
    quotes: [CHARS.doubleQuote, CHARS.singleQuote, CHARS.backtick],
    words: [...CONTINUES],
  },
  plain: { name: 'plain', hasComments: false, hasRegexes: false, hasCallOptions: false, quotes: [], words: [] },
}

/** @throws BAD_OPTION */
export function languageOf(name: LanguageName): Language {
  if (!Object.hasOwn(LANGUAGES, name)) {
    throw badOption('secureCode', 'language', `is ${String(name)}`, Object.keys(LANGUAGES).join(', '))
  }
  return LANGUAGES[name]
}

/** Letters, digits, `_`, `$` and everything beyond ASCII. */
export function isWordByte(byte: number): boolean {
  const isDigit = byte >= 48 && byte <= 57
  const isLetter = (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122)
  return isDigit || isLetter || byte === 95 || byte === CHARS.dollar || byte >= 0x80
}

/**
 * What a byte of code lets follow: `v` a value was complete, `e` an expression must follow, `b` a statement may begin, `d` a
 * member's name; `p` and `m` are one plus or minus, whose doubling completes a value.
 */
export function kindOf(byte: number, last: string): string {
  const char = String.fromCharCode(byte)
  if (char === ')' || char === ']') return 'v'
  if (char === '.') return 'd'
  if (char === '+') return last === 'p' ? 'v' : 'p'
  if (char === '-') return last === 'm' ? 'v' : 'm'
  return '(,=:[?&|!~*%^<'.includes(char) ? 'e' : 'b'
}
