import type { SteppedLengthOptions } from '@foretoken/controller'
import { badOption, checkInteger, checkKeys, checkNumber, ForetokenError } from '@foretoken/core'

/** A method and its options, as its factory takes them. */
export interface MethodSpec {
  /** A name of the registry. */
  readonly method: string
  readonly options: Readonly<Record<string, unknown>>
}

/** One drafting method, or several of which the first that drafts is heard. */
export interface DrafterSpec extends MethodSpec {
  /** Model that drafts, for methods that need one. */
  readonly draftModel?: string
  /** Drafters among which this one chooses: of `first-of` and `controller`. */
  readonly drafters: readonly DrafterSpec[]
  /** Most levels of a draft. Default: as many as the drafter likes. */
  readonly cap?: number
  /** Goes on in each generation with what it learned in those before. Default: begins each anew. */
  readonly remembers?: boolean
  /** Levels follow what was accepted. Default: they do not. */
  readonly adaptive?: SteppedLengthOptions
}

/** What stands in at one temperature. */
export interface Variant {
  readonly temperature: number
  readonly drafter?: DrafterSpec
  readonly verifier?: MethodSpec
}

/** Who drafts and who verifies: a file of `bench/compositions`. */
export interface CompositionSpec {
  readonly name: string
  /** One line for readers of the report. */
  readonly about: string
  readonly drafter: DrafterSpec
  readonly verifier: MethodSpec
  /** Temperatures at which it is measured. Default: all that are asked for. */
  readonly only?: readonly number[]
  readonly variants: readonly Variant[]
}

/** Names that a composition may use. */
export interface Known {
  readonly drafters: readonly string[]
  readonly verifiers: readonly string[]
}

type Entries = Readonly<Record<string, unknown>>

/**
 * Checks a composition.
 * @param source Whence it comes, for messages.
 * @throws BAD_OPTION naming the key, and NOT_FOUND naming an unknown method and the known ones.
 */
export function checkComposition(value: unknown, source: string, known: Known): CompositionSpec {
  const entries = objectOf(value, source, 'the file')
  checkKeys(source, entries, ['name', 'about', 'drafter', 'verifier', 'only', 'variants'])
  const { only, variants = [] } = entries
  const name = textOf(entries['name'], source, 'name')
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(name)) throw badOption(source, 'name', `is "${name}"`, 'a name in kebab-case')
  return {
    name,
    about: textOf(entries['about'], source, 'about'),
    drafter: drafterOf(entries['drafter'], source, 'drafter', known),
    verifier: verifierOf(entries['verifier'], source, 'verifier', known),
    ...(only !== undefined && { only: listOf(only, source, 'only').map((one) => temperatureOf(one, source, 'only')) }),
    variants: listOf(variants, source, 'variants').map((one) => variantOf(one, source, known)),
  }
}

/** The drafter and the verifier of a composition at a temperature; nothing when it is not measured there. */
export function partsAt(
  composition: CompositionSpec,
  temperature: number,
): { readonly drafter: DrafterSpec; readonly verifier: MethodSpec } | undefined {
  if (composition.only && !composition.only.includes(temperature)) return undefined
  const variant = composition.variants.find((one) => one.temperature === temperature)
  return { drafter: variant?.drafter ?? composition.drafter, verifier: variant?.verifier ?? composition.verifier }
}

function variantOf(value: unknown, source: string, known: Known): Variant {
  const entries = objectOf(value, source, 'variants')
  checkKeys(`${source}, variants`, entries, ['temperature', 'drafter', 'verifier'])
  const { temperature, drafter, verifier } = entries
  return {
    temperature: temperatureOf(temperature, source, 'variants.temperature'),
    ...(drafter !== undefined && { drafter: drafterOf(drafter, source, 'variants.drafter', known) }),
    ...(verifier !== undefined && { verifier: verifierOf(verifier, source, 'variants.verifier', known) }),
  }
}

function drafterOf(value: unknown, source: string, key: string, known: Known): DrafterSpec {
  const entries = objectOf(value, source, key)
  checkKeys(`${source}, ${key}`, entries, [
    'method',
    'options',
    'draftModel',
    'drafters',
    'cap',
    'remembers',
    'adaptive',
  ])
  const { draftModel, drafters = [], cap, remembers, adaptive } = entries
  checkInteger(source, `${key}.cap`, cap, 1)
  if (remembers !== undefined && typeof remembers !== 'boolean') {
    throw badOption(source, `${key}.remembers`, `is ${JSON.stringify(remembers)}`, 'true or false')
  }
  return {
    ...methodOf(entries, source, key, known.drafters),
    drafters: listOf(drafters, source, `${key}.drafters`).map((one, i) =>
      drafterOf(one, source, `${key}.drafters[${i}]`, known),
    ),
    ...(draftModel !== undefined && { draftModel: textOf(draftModel, source, `${key}.draftModel`) }),
    ...(cap !== undefined && { cap: cap as number }),
    ...(remembers !== undefined && { remembers: remembers as boolean }),
    ...(adaptive !== undefined && { adaptive: objectOf(adaptive, source, `${key}.adaptive`) as SteppedLengthOptions }),
  }
}

function verifierOf(value: unknown, source: string, key: string, known: Known): MethodSpec {
  const entries = objectOf(value, source, key)
  checkKeys(`${source}, ${key}`, entries, ['method', 'options'])
  return methodOf(entries, source, key, known.verifiers)
}

function methodOf(entries: Entries, source: string, key: string, known: readonly string[]): MethodSpec {
  const method = textOf(entries['method'], source, `${key}.method`)
  if (!known.includes(method)) {
    throw new ForetokenError('NOT_FOUND', `${source}: "${key}.method" is "${method}", which no package offers.`, {
      fix: `Choose from ${known.join(', ')}.`,
      details: { source, method },
    })
  }
  return { method, options: objectOf(entries['options'] ?? {}, source, `${key}.options`) }
}

function objectOf(value: unknown, source: string, key: string): Entries {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Entries
  throw badOption(source, key, value === undefined ? 'is missing' : `is ${JSON.stringify(value)}`, 'an object')
}

function listOf(value: unknown, source: string, key: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw badOption(source, key, `is ${JSON.stringify(value)}`, 'a list')
}

function textOf(value: unknown, source: string, key: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw badOption(source, key, value === undefined ? 'is missing' : `is ${JSON.stringify(value)}`, 'a text')
}

function temperatureOf(value: unknown, source: string, key: string): number {
  if (value === undefined) throw badOption(source, key, 'is missing', 'a temperature')
  checkNumber(source, key, value, 0)
  return value as number
}
