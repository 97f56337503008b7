import { InvalidArgumentError } from 'commander'
import { PEER_NAMES, SPECULATIONS } from './browser/page-interface.ts'

/** Parses an option that must be an integer of at least `least`. */
export function integer(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`Expected an integer of at least ${least}.`)
    }
    return value
  }
}

/** Parses comma-separated positive integers. */
export function integers(text: string): number[] {
  return text.split(',').map(integer(1))
}

/** Parses comma-separated names, each one of `known`. */
export function namesOf(known: readonly string[]): (text: string) => string[] {
  return (text) => {
    const names = text.split(',')
    const stranger = names.find((name) => !known.includes(name))
    if (stranger !== undefined) throw new InvalidArgumentError(`"${stranger}" is none of ${known.join(', ')}.`)
    return names
  }
}

/** Parses comma-separated names. */
export function names(text: string): string[] {
  const list = text.split(',').filter((name) => name !== '')
  if (list.length === 0) throw new InvalidArgumentError('Expected at least one name.')
  return list
}

/** Parses comma-separated temperatures. */
export function temperatures(text: string): number[] {
  return text.split(',').map((part) => {
    const value = Number(part)
    if (part.trim() === '' || !Number.isFinite(value) || value < 0) {
      throw new InvalidArgumentError(`"${part}" is no temperature.`)
    }
    return value
  })
}

/** Engines that `bench plain` measures. */
export const ENGINES: readonly string[] = [
  'foretoken',
  'llama',
  'transformers-q8',
  'transformers-q4',
  'transformers-fp32',
  'foretoken-inline',
]

/** Traps that `bench never-slower` sets. */
export const TRAPS: readonly string[] = ['wrong', 'slow', 'unpredictable']

/** Engines of others that `bench browser` runs in its page, and how this engine speculates there, unless told otherwise. */
export const PAGE: Readonly<Record<'engines' | 'compositions' | 'knownCompositions', readonly string[]>> = {
  engines: ['transformers-q8', 'wllama-q8'],
  compositions: ['auto', 'auto-draft', 'ngram'],
  knownCompositions: Object.keys(SPECULATIONS),
}

/** Names of engines that run in a page, or `none`. */
export function pageEngines(text: string): string[] {
  return text === 'none' ? [] : namesOf(PEER_NAMES)(text)
}
