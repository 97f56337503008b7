import { InvalidArgumentError } from 'commander'

interface Range {
  readonly minimum?: number
  readonly maximum?: number
}

function inRange(value: number, text: string, range: Range): number {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = range
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError(`"${text}" is not a number.`)
  if (value < minimum || value > maximum) {
    const bounds = [
      range.minimum === undefined ? '' : `at least ${minimum}`,
      range.maximum === undefined ? '' : `at most ${maximum}`,
    ]
    throw new InvalidArgumentError(`${text} is out of range; give a value of ${bounds.filter(Boolean).join(' and ')}.`)
  }
  return value
}

/** A commander parser for a whole number. */
export function integer(range: Range): (text: string) => number {
  return (text) => {
    const value = inRange(Number(text), text, range)
    if (!Number.isInteger(value)) throw new InvalidArgumentError(`"${text}" is not a whole number.`)
    return value
  }
}

/** A commander parser for a real number. */
export function real(range: Range): (text: string) => number {
  return (text) => inRange(Number(text), text, range)
}

/** A commander parser that collects a repeated option. */
export function collect(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, text]
}
