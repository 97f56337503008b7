/**
 * Sets of numbers as languages of decimal texts, one text for each number: no exponent, no trailing zeros, no −0. So
 * intersection and complement of texts are those of numbers.
 */
import { type ByteAutomaton, NOTHING, type Regex, type Regexes } from '@foretoken/constraint'

export interface Numbers {
  /** Every number in its one spelling. */
  readonly all: Regex
  readonly integers: Regex
  exactly(value: number): Regex
  /** Numbers from (or above) `value`; only integers with `isInteger`. */
  atLeast(value: number, isStrict: boolean, isInteger: boolean): Regex
  atMost(value: number, isStrict: boolean, isInteger: boolean): Regex
  multiplesOf(value: number): Regex
  /** Texts with few enough digits that reading them as a double cannot round them onto a neighbour. */
  readonly precise: Regex
  /** What a model may write for a set: trailing zeros too, unless the set holds integers only. */
  written(set: Regex): Regex
}

interface Decimal {
  readonly isNegative: boolean
  readonly whole: string
  /** Without trailing zeros. */
  readonly fraction: string
}

/** The shortest decimal of a double, without exponent. */
export function decimalOf(value: number): Decimal {
  const [digits = '0', exponent = '0'] = Math.abs(value).toString().split('e')
  const [whole = '0', fraction = ''] = digits.split('.')
  const shift = Number(exponent)
  const all = whole + fraction
  const point = whole.length + shift
  const padded = point <= 0 ? '0'.repeat(1 - point) + all : all.padEnd(point, '0')
  const at = point <= 0 ? 1 : point
  return {
    isNegative: value < 0,
    whole: padded.slice(0, at).replace(/^0+(?=\d)/, ''),
    fraction: padded.slice(at).replace(/0+$/, ''),
  }
}

/** Number languages of a store. */
export function numbers(regexes: Regexes): Numbers {
  const { concat, or, and, not, repeat, literal, bytes } = regexes
  const digits = (low: number, high: number): Regex => (low > high ? NOTHING : bytes([[48 + low, 48 + high]]))
  const digit = digits(0, 9)
  const more = repeat(digit, 0, Infinity)
  const toEnd = concat(more, digits(1, 9))
  const optional = (regex: Regex): Regex => or([literal(''), regex])
  const point = literal('.')
  const someFraction = concat(point, toEnd)
  const whole = or([literal('0'), concat(digits(1, 9), more)])
  const minus = literal('-')
  const negative = or([
    concat(minus, digits(1, 9), more, optional(someFraction)),
    concat(minus, literal('0'), someFraction),
  ])
  const positive = concat(whole, optional(someFraction))
  const all = or([positive, negative])
  const integers = or([whole, concat(minus, digits(1, 9), more)])

  /** Digits of equal number that are greater or less. */
  const compared = (text: string, isGreater: boolean): Regex => {
    const parts: Regex[] = []
    for (let i = 0; i < text.length; i++) {
      const each = Number(text[i])
      const least = i === 0 && text.length > 1 ? 1 : 0
      const step = isGreater ? digits(each + 1, 9) : digits(least, each - 1)
      parts.push(concat(literal(text.slice(0, i)), step, repeat(digit, text.length - i - 1, text.length - i - 1)))
    }
    return or(parts)
  }
  const fractionAbove = (text: string, isStrict: boolean): Regex => {
    if (text === '') return isStrict ? someFraction : optional(someFraction)
    const parts = [concat(literal(text), isStrict ? toEnd : optional(toEnd))]
    for (let i = 0; i < text.length; i++) {
      parts.push(concat(literal(text.slice(0, i)), digits(Number(text[i]) + 1, 9), optional(toEnd)))
    }
    return concat(point, or(parts))
  }
  const fractionBelow = (text: string, isStrict: boolean): Regex => {
    if (text === '') return isStrict ? NOTHING : literal('')
    const parts = isStrict ? [] : [literal(text)]
    for (let i = 0; i < text.length; i++) {
      const each = Number(text[i])
      if (i > 0 && text[i - 1] !== '0') parts.push(literal(text.slice(0, i)))
      if (each > 0) parts.push(concat(literal(text.slice(0, i)), literal('0'), toEnd))
      parts.push(concat(literal(text.slice(0, i)), digits(1, each - 1), optional(toEnd)))
    }
    return or([literal(''), concat(point, or(parts))])
  }
  /** Magnitudes: numbers that are not negative. */
  const above = ({ whole: text, fraction }: Decimal, isStrict: boolean): Regex => {
    const longer = concat(digits(1, 9), repeat(digit, text.length, Infinity))
    const greater = text === '0' ? or([longer, digits(1, 9)]) : or([longer, compared(text, true)])
    return or([concat(greater, optional(someFraction)), concat(literal(text), fractionAbove(fraction, isStrict))])
  }
  const below = ({ whole: text, fraction }: Decimal, isStrict: boolean): Regex => {
    const shorter =
      text.length > 1 ? or([literal('0'), concat(digits(1, 9), repeat(digit, 0, text.length - 2))]) : NOTHING
    const less = or([shorter, compared(text, false)])
    return or([concat(less, optional(someFraction)), concat(literal(text), fractionBelow(fraction, isStrict))])
  }
  const withoutZero = (magnitudes: Regex): Regex => and([magnitudes, not(literal('0'))])
  const negated = (magnitudes: Regex): Regex => concat(minus, and([withoutZero(magnitudes), positive]))
  const bound = (value: number, isStrict: boolean, isLeast: boolean): Regex => {
    const decimal = decimalOf(value)
    if (isLeast)
      return decimal.isNegative ? or([positive, negated(below(decimal, isStrict))]) : above(decimal, isStrict)
    if (decimal.isNegative) return negated(above(decimal, isStrict))
    return or([negative, below(decimal, isStrict)])
  }
  const onlyIntegers = (value: number, isStrict: boolean, isLeast: boolean): Regex => {
    const rounded = isLeast ? Math.ceil(value) : Math.floor(value)
    const limit = isStrict && rounded === value ? rounded + (isLeast ? 1 : -1) : rounded
    return and([bound(limit, false, isLeast), integers])
  }
  const spans = [
    [15, 0],
    [9, 6],
    [6, 9],
    [3, 12],
    [1, 15],
  ] as const
  const sizes = spans.map(([before, after]) =>
    after === 0 ? repeat(digit, 1, before) : concat(repeat(digit, 1, before), point, repeat(digit, 1, after)),
  )
  const automata = new Map<number, ByteAutomaton>()
  const precise = concat(optional(minus), or(sizes))
  return {
    all,
    integers,
    exactly(value) {
      const { isNegative, whole: text, fraction } = decimalOf(value)
      return literal(`${isNegative ? '-' : ''}${text}${fraction === '' ? '' : `.${fraction}`}`)
    },
    atLeast: (value, isStrict, isInteger) =>
      isInteger ? onlyIntegers(value, isStrict, true) : bound(value, isStrict, true),
    atMost: (value, isStrict, isInteger) =>
      isInteger ? onlyIntegers(value, isStrict, false) : bound(value, isStrict, false),
    multiplesOf(value) {
      const automaton = automata.get(value) ?? multiples(value)
      automata.set(value, automaton)
      return regexes.automaton(automaton)
    },
    precise,
    written(set) {
      const fractions = and([set, not(integers)])
      if (regexes.isEmpty(fractions)) return set
      const zeros = repeat(literal('0'), 1, Infinity)
      return or([set, concat(and([set, integers]), point, zeros), concat(fractions, zeros)])
    },
  }
}

/** Decimal texts divisible by a value: the remainder of the digits so far, and how many stand after the point. */
function multiples(value: number): ByteAutomaton {
  const { whole, fraction } = decimalOf(value)
  const places = fraction.length
  const divisor = Number(whole + fraction)
  // State: remainder × (places + 2) + phase; phase 0 before the point, 1 + n after n digits behind it.
  const phases = places + 2
  return {
    start: 0,
    alphabet: '-.0123456789',
    next(state, byte) {
      const phase = state % phases
      const remainder = (state - phase) / phases
      if (byte === 45) return state
      if (byte === 46) return phase === 0 ? remainder * phases + 1 : -1
      if (byte < 48 || byte > 57) return -1
      if (phase > places) return -1
      return ((remainder * 10 + byte - 48) % divisor) * phases + (phase === 0 ? 0 : phase + 1)
    },
    accepts(state) {
      const phase = state % phases
      const after = phase === 0 ? 0 : phase - 1
      let remainder = (state - phase) / phases
      for (let i = after; i < places; i++) remainder = (remainder * 10) % divisor
      return remainder === 0
    },
  }
}
