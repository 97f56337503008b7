import { ForetokenError } from '@foretoken/core'
import type { Json } from './resources.ts'

/** Reads a JSON text as it grows. */
export interface JsonReader {
  /**
   * Reads on, and tells how many characters belong to the value: fewer than were given only when it is complete.
   * @throws BAD_OPTION for a text that is not the beginning of any JSON text; the reader cannot be used further.
   */
  push(text: string): number
  /** Nothing follows: a number at the top is complete only now. */
  end(): void
  /**
   * What is certain of the value so far; undefined where nothing is. Of the final value it is a beginning: strings may be
   * cut, arrays and objects may lack what comes later; numbers and words are whole. Later reading does not change it.
   */
  partial(): Json | undefined
  readonly isComplete: boolean
}

type Open = { readonly items: Json[] } | { readonly members: Record<string, Json>; key: string | undefined }

/** What may come next. */
type Place = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or close' | 'string' | 'scalar' | 'nothing'

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
const WORDS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['true', true],
  ['false', false],
  ['null', null],
])
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/
const SCALAR_START = /^-?(\d.*)?$|^t(r(ue?)?)?$|^f(a(l(se?)?)?)?$|^n(u(ll?)?)?$/
const HIGH_SURROGATE = /[\ud800-\udbff]$/

/** A reader at the beginning of a text. The same key twice: the later value counts, as in `JSON.parse`. */
export function jsonReader(): JsonReader {
  const stack: Open[] = []
  let place: Place = 'value'
  let root: Json | undefined
  /** Of the string, number or word being read. */
  let text = ''
  /** Of the escape sequence being read: `\`, `\u`, `\u0`, … */
  let sequence = ''

  const close = (value: Json): void => {
    const top = stack.at(-1)
    place = top ? ', or close' : 'nothing'
    if (!top) root = value
    else if ('items' in top) top.items.push(value)
    else {
      put(top.members, top.key!, value)
      top.key = undefined
    }
  }
  const closeString = (): void => {
    const top = stack.at(-1)
    if (!top || 'items' in top || top.key !== undefined) close(text)
    else {
      top.key = text
      place = ':'
    }
  }
  const closeScalar = (): void => {
    const word = WORDS.get(text)
    if (word === undefined && !NUMBER.test(text)) throw notJson(text)
    close(word === undefined ? Number(text) : word)
  }
  const readInString = (character: string): void => {
    if (sequence === '') {
      if (character === '\\') sequence = '\\'
      else if (character === '"') closeString()
      else if (character < ' ') throw notJson(character)
      else text += character
    } else if (sequence === '\\') {
      if (character === 'u') sequence = '\\u'
      else if ('"\\/'.includes(character) || character in ESCAPES) {
        text += ESCAPES[character] ?? character
        sequence = ''
      } else throw notJson(sequence + character)
    } else {
      if (!/[\da-fA-F]/.test(character)) throw notJson(sequence + character)
      sequence += character
      if (sequence.length < 6) return
      text += String.fromCharCode(Number.parseInt(sequence.slice(2), 16))
      sequence = ''
    }
  }
  const open = (character: string): void => {
    text = ''
    if (character === '"') place = 'string'
    else if (character === '{') {
      stack.push({ members: {}, key: undefined })
      place = 'key or }'
    } else if (character === '[') {
      stack.push({ items: [] })
      place = 'value or ]'
    } else if (/[-\dtfn]/.test(character)) {
      text = character
      place = 'scalar'
    } else throw notJson(character)
  }
  const closeContainer = (character: string): boolean => {
    const top = stack.at(-1)
    if (!top || character !== ('items' in top ? ']' : '}')) return false
    stack.pop()
    close('items' in top ? top.items : top.members)
    return true
  }
  const readBetween = (character: string): void => {
    if (/[ \t\n\r]/.test(character)) return
    if ((place === 'value or ]' || place === 'key or }' || place === ', or close') && closeContainer(character)) return
    if (place === 'value' || place === 'value or ]') open(character)
    else if ((place === 'key' || place === 'key or }') && character === '"') {
      text = ''
      place = 'string'
    } else if (place === ':' && character === ':') place = 'value'
    else if (place === ', or close' && character === ',') place = 'items' in stack.at(-1)! ? 'value' : 'key'
    else throw notJson(character)
  }
  const readInScalar = (character: string): void => {
    if (!/[-+.\w]/.test(character)) {
      closeScalar()
      if (place !== 'nothing') readBetween(character)
      return
    }
    text += character
    if (WORDS.has(text)) closeScalar()
    else if (!SCALAR_START.test(text)) throw notJson(text)
  }
  /** Whether the value being read is a key. */
  const isKey = (): boolean => {
    const top = stack.at(-1)
    return top !== undefined && 'members' in top && top.key === undefined
  }
  return {
    push(more) {
      for (let i = 0; i < more.length; i++) {
        if (place === 'nothing') return i
        const wasScalar = place === 'scalar' && stack.length === 0
        if (place === 'string') readInString(more[i]!)
        else if (place === 'scalar') readInScalar(more[i]!)
        else readBetween(more[i]!)
        // A number at the top ends before what follows it.
        if (wasScalar && (place as Place) === 'nothing' && typeof root === 'number') return i
      }
      return more.length
    },
    end() {
      if (place === 'scalar' && stack.length === 0 && NUMBER.test(text)) closeScalar()
    },
    partial() {
      if (place === 'nothing') return root
      let value: Json | undefined = place === 'string' && !isKey() ? text.replace(HIGH_SURROGATE, '') : undefined
      for (const top of stack.toReversed()) {
        if ('items' in top) value = value === undefined ? [...top.items] : [...top.items, value]
        else {
          const members = copied(top.members)
          if (value !== undefined && top.key !== undefined) put(members, top.key, value)
          value = members
        }
      }
      return value
    },
    get isComplete() {
      return place === 'nothing'
    },
  }
}

/** As `JSON.parse` does it: `__proto__` is a key like any other. */
function put(members: Record<string, Json>, key: string, value: Json): void {
  if (key !== '__proto__') members[key] = value
  else Object.defineProperty(members, key, { value, enumerable: true, configurable: true, writable: true })
}

function copied(members: Record<string, Json>): Record<string, Json> {
  const copy: Record<string, Json> = {}
  for (const key of Object.keys(members)) put(copy, key, members[key]!)
  return copy
}

function notJson(found: string): ForetokenError {
  return new ForetokenError('BAD_OPTION', `The text is no JSON: ${JSON.stringify(found)} was not expected.`, {
    fix: 'Read a JSON text, from its beginning.',
  })
}
