/**
 * What of a code text is code, byte by byte: comments, strings and regular-expression literals are told apart, and statements and
 * functions end. Rules look at what this emits, so that a comment hides nothing and a string accuses nobody.
 */
import { CHARS, CONTINUES, FUNCTIONS, isWordByte, kindOf, type Language, VALUE_BEFORE_SLASH } from './syntax.ts'

/** Emitted where a statement ends. */
export const STATEMENT_END = 256
/** Emitted where a function, constructor or modifier begins. */
export const FUNCTION_START = 257
/** Added to bytes of strings and regular-expression literals. */
export const IN_STRING = 512

/** Deepest nesting of braces inside call arguments and template literals. */
const DEEPEST = 16

type Mode =
  | 'code'
  | 'slash'
  | 'line-comment'
  | 'block-comment'
  | 'star'
  | 'string'
  | 'escape'
  | 'dollar'
  | 'regex'
  | 'regex-escape'
  | 'class'
  | 'class-escape'

/** Where a text stands. Interned: equal states are the same object. */
export interface Place {
  readonly id: number
  readonly mode: Mode
  /** Quote that ends the string. */
  readonly quote: number
  /** Open braces: `T` of a template, `O` of an expression, `B` of a block inside one of these. */
  readonly braces: string
  /** Kind of the last code byte that was no blank: see `kindOf`. */
  readonly last: string
  /** The word being written while it may still become one that counts, `*` for any other, empty outside of words. */
  readonly word: string
}

/** One byte read. */
export interface Read {
  readonly place: Place
  /** Code bytes, string bytes plus `IN_STRING`, and the marks above. */
  readonly emits: readonly number[]
}

export interface Lexer {
  readonly start: Place
  /** Undefined where the text cannot be followed: too deep, or a carriage return after a backslash. */
  read(place: Place, byte: number): Read | undefined
}

type Change = Partial<Omit<Place, 'id'>>
/** The byte's place and what is emitted, before interning. */
type Step = readonly [change: Change, emits: readonly number[]] | undefined

const isNewline = (byte: number): boolean => byte === 10 || byte === 13

/** A lexer with its own memory of places. */
export function lexer(language: Language): Lexer {
  const places = new Map<string, Place>()
  const known = new Map<number, Read | undefined>()
  const intern = (place: Omit<Place, 'id'>): Place => {
    const key = `${place.mode}|${place.quote}|${place.braces}|${place.last}|${place.word}`
    const found = places.get(key) ?? { ...place, id: places.size }
    places.set(key, found)
    return found
  }
  const step = stepper(language)
  return {
    start: intern({ mode: 'code', quote: 0, braces: '', last: 'b', word: '' }),
    read(place, byte) {
      const key = place.id * 256 + byte
      if (known.has(key)) return known.get(key)
      const result = step(place, byte)
      const read = result && { place: intern({ ...place, ...result[0] }), emits: result[1] }
      known.set(key, read)
      return read
    },
  }
}

function stepper(language: Language): (place: Place, byte: number) => Step {
  const { hasComments, hasRegexes, quotes } = language

  /** Goes on in code that was changed so: what the byte emits follows what was emitted. */
  function again(place: Place, change: Change, emitted: readonly number[], byte: number): Step {
    const next = step({ ...place, ...change }, byte)
    return next && [{ ...change, ...next[0] }, [...emitted, ...next[1]]]
  }

  function inCode(place: Place, byte: number): Step {
    if (isWordByte(byte)) return inWord(place, byte)
    if (place.word !== '') return afterWord(place, byte)
    if (isNewline(byte)) return [{}, [10]]
    if (byte === CHARS.blank || byte === CHARS.tab) return [{}, [byte]]
    if (quotes.includes(byte)) return [{ mode: 'string', quote: byte }, [byte]]
    if (byte === CHARS.slash && hasComments) return [{ mode: 'slash' }, []]
    if (byte === CHARS.openBrace) return openBrace(place)
    if (byte === CHARS.closeBrace) return closeBrace(place)
    return [{ last: kindOf(byte, place.last) }, byte === CHARS.semicolon ? [byte, STATEMENT_END] : [byte]]
  }

  function inWord(place: Place, byte: number): Step {
    const begun = place.word === '' ? (place.last === 'd' ? '.' : '') : place.word
    const longer = begun + String.fromCharCode(byte)
    const counts = begun === '.' || begun === '.*' ? '.*' : language.words.some((word) => word.startsWith(longer))
    return [{ word: counts === '.*' ? '.*' : counts ? longer : '*', last: 'v' }, [byte]]
  }

  /** The byte after a word: the word is known now. */
  function afterWord(place: Place, byte: number): Step {
    const { word } = place
    if (word === '.*' && byte === CHARS.openBrace && language.hasCallOptions) return openBrace({ ...place, last: 'e' })
    const change: Change = { word: '', last: CONTINUES.has(word) ? 'e' : 'v' }
    return again(place, change, FUNCTIONS.has(word) ? [FUNCTION_START] : [], byte)
  }

  function openBrace({ braces, last }: Place): Step {
    const kind = last === 'e' || last === 'p' || last === 'm' ? 'O' : braces === '' ? '' : 'B'
    if (braces.length + kind.length > DEEPEST) return undefined
    const emits = kind === 'O' ? [CHARS.openBrace] : [CHARS.openBrace, STATEMENT_END]
    return [{ braces: braces + kind, last: 'b', word: '' }, emits]
  }

  function closeBrace({ braces }: Place): Step {
    const open = braces.at(-1)
    const change: Change = { braces: braces.slice(0, -1), last: open === 'O' ? 'v' : 'b' }
    if (open === 'T') return [{ ...change, mode: 'string', quote: CHARS.backtick }, [CHARS.closeBrace]]
    return [change, open === 'O' ? [CHARS.closeBrace] : [CHARS.closeBrace, STATEMENT_END]]
  }

  function afterSlash(place: Place, byte: number): Step {
    if (byte === CHARS.slash) return [{ mode: 'line-comment' }, [CHARS.blank]]
    if (byte === CHARS.star) return [{ mode: 'block-comment' }, [CHARS.blank]]
    if (hasRegexes && !VALUE_BEFORE_SLASH.has(place.last)) return again(place, { mode: 'regex' }, [CHARS.slash], byte)
    return again(place, { mode: 'code', last: 'e' }, [CHARS.slash], byte)
  }

  function inString(place: Place, byte: number): Step {
    const isTemplate = place.quote === CHARS.backtick
    if (byte === place.quote) return [{ mode: 'code', quote: 0, last: 'v' }, [byte]]
    if (byte === CHARS.backslash) return [{ mode: 'escape' }, [IN_STRING + byte]]
    if (isNewline(byte)) return isTemplate ? [{}, [IN_STRING + 10]] : [{ mode: 'code', quote: 0, last: 'b' }, [10]]
    return [{ mode: isTemplate && byte === CHARS.dollar ? 'dollar' : 'string' }, [IN_STRING + byte]]
  }

  function afterDollar(place: Place, byte: number): Step {
    if (byte !== CHARS.openBrace) return again(place, { mode: 'string' }, [], byte)
    if (place.braces.length >= DEEPEST) return undefined
    return [{ mode: 'code', quote: 0, braces: `${place.braces}T`, last: 'e' }, [byte]]
  }

  function inRegex(place: Place, byte: number): Step {
    if (isNewline(byte)) return [{ mode: 'code', last: 'b' }, [10]]
    const emits = [IN_STRING + byte]
    if (place.mode === 'regex-escape') return [{ mode: 'regex' }, emits]
    if (place.mode === 'class-escape') return [{ mode: 'class' }, emits]
    if (byte === CHARS.backslash) return [{ mode: place.mode === 'regex' ? 'regex-escape' : 'class-escape' }, emits]
    if (place.mode === 'class') return [{ mode: byte === CHARS.closeBracket ? 'regex' : 'class' }, emits]
    if (byte === CHARS.slash) return [{ mode: 'code', last: 'v' }, [byte]]
    return [{ mode: byte === CHARS.openBracket ? 'class' : 'regex' }, emits]
  }

  function step(place: Place, byte: number): Step {
    switch (place.mode) {
      case 'code':
        return inCode(place, byte)
      case 'slash':
        return afterSlash(place, byte)
      case 'line-comment':
        return isNewline(byte) ? [{ mode: 'code' }, [10]] : [{}, []]
      case 'block-comment':
      case 'star':
        if (place.mode === 'star' && byte === CHARS.slash) return [{ mode: 'code' }, []]
        return [{ mode: byte === CHARS.star ? 'star' : 'block-comment' }, isNewline(byte) ? [10] : []]
      case 'string':
        return inString(place, byte)
      case 'escape':
        return byte === 13 ? undefined : [{ mode: 'string' }, [IN_STRING + byte]]
      case 'dollar':
        return afterDollar(place, byte)
      default:
        return inRegex(place, byte)
    }
  }
  return step
}
