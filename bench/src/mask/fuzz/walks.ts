import { type Constraint, constrain, type Limits, type Vocabulary, vocabulary } from '@foretoken/constraint'
import { type Json, jsonSchema, type Schema } from '@foretoken/constraint-json-schema'
import { judgeOf } from '../../objects/judge.ts'
import { finiteCase, type Picks, picksOf, textOf } from './finite.ts'

/** Every byte a token, and pieces that cross the borders of JSON's words and of characters. */
const PIECES = [
  ...[
    '{"',
    '": ',
    '", "',
    '"}',
    '"]',
    '["',
    '[[',
    ', ',
    ': ',
    '{}',
    '[]',
    '": [',
    '": {"',
    'null',
    'tru',
    'e,',
    'e}',
    'fals',
    '", ',
  ],
  ...[
    'a"',
    '"a',
    '"b": ',
    'ab',
    '1,',
    '0.',
    '.5',
    '10',
    '-1',
    '1]',
    '0}',
    '3, ',
    ', 1',
    'l]',
    'l, ',
    '"é',
    'é"',
    'éa',
    'ul',
    '""',
  ],
]
const TOKENS: readonly Uint8Array[] = [
  ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
  ...PIECES.map((piece) => new Uint8Array(Buffer.from(piece))),
  Uint8Array.of(0x22, 0xc3),
  Uint8Array.of(0xa9, 0x22),
]
/** One character a byte. */
const SPELLED: readonly string[] = TOKENS.map((bytes) => Buffer.from(bytes).toString('latin1'))
export const STOP: number = TOKENS.length
const NONE = new Uint8Array(0)

/** The small vocabulary that walks go through. */
export const smallVocabulary = (limits: Partial<Limits> = {}): Vocabulary =>
  vocabulary({ vocabularySize: STOP + 1, tokenBytes: (id) => TOKENS[id] ?? NONE, stopTokens: [STOP] }, limits)

export interface WalkCounts {
  walks: number
  tokens: number
  ended: number
  /** Walks that were left where they could go on. */
  open: number
  schemas: number
  /** Schemas that were refused by name. */
  refused: number
  /** What must not be: dead ends, wrong masks, invalid texts. */
  readonly faults: string[]
}

export const noWalks = (): WalkCounts => ({
  walks: 0,
  tokens: 0,
  ended: 0,
  open: 0,
  schemas: 0,
  refused: 0,
  faults: [],
})

const isSet = (mask: Uint32Array, id: number): boolean => ((mask[id >> 5]! >> (id & 31)) & 1) === 1

/**
 * Walks through a random schema whose valid texts are listed: each mask must allow exactly the tokens after which some valid
 * text goes on, and the end exactly after a whole one.
 */
export function finiteWalks(seed: number, words: Vocabulary, walks: number, counts: WalkCounts): void {
  const { schema, candidates } = finiteCase(seed)
  const valid = validOf(schema, candidates)
  if (!valid) return
  const texts = new Set(valid.map((value) => Buffer.from(textOf(value)).toString('latin1')))
  counts.schemas++
  const constraint = compiled(schema, words)
  if (typeof constraint === 'string') {
    if (!constraint.includes('no value satisfies it')) counts.refused++
    else if (texts.size > 0) counts.faults.push(`${JSON.stringify(schema)} is said to have no value`)
    return
  }
  const prefixes = new Set(
    [...texts].flatMap((text) => Array.from({ length: text.length + 1 }, (_, n) => text.slice(0, n))),
  )
  const picks = picksOf(seed + 1)
  for (let walk = 0; walk < walks; walk++) {
    const fault = exactWalk(constraint, { texts, prefixes }, picks, counts)
    if (fault === undefined) continue
    counts.faults.push(`${fault}; ${JSON.stringify(schema)}`)
    return
  }
}

interface Listed {
  readonly texts: ReadonlySet<string>
  readonly prefixes: ReadonlySet<string>
}

function exactWalk(
  constraint: Constraint,
  { texts, prefixes }: Listed,
  picks: Picks,
  counts: WalkCounts,
): string | undefined {
  const matcher = constraint.matcher()
  counts.walks++
  for (let text = ''; ; ) {
    const mask = matcher.mask()
    const open: number[] = []
    for (let id = 0; id < STOP; id++) {
      const isAlive = prefixes.has(text + SPELLED[id]!)
      if (isAlive !== isSet(mask, id))
        return `${JSON.stringify(SPELLED[id])} after ${JSON.stringify(text)} should be ${isAlive}`
      if (isAlive) open.push(id)
    }
    if (texts.has(text) !== isSet(mask, STOP))
      return `the end after ${JSON.stringify(text)} should be ${texts.has(text)}`
    if (texts.has(text) && picks.below(open.length + 1) === 0) {
      counts.ended++
      return undefined
    }
    if (open.length === 0) return `a dead end after ${JSON.stringify(text)}`
    const token = picks.of(open)
    matcher.advance(token)
    counts.tokens++
    text += SPELLED[token]!
  }
}

/** Values that satisfy a schema; nothing where Ajv cannot judge: the code it makes of some schemas fails. */
function validOf(schema: Schema, candidates: readonly Json[]): Json[] | undefined {
  const judge = judgeOf(schema)
  if (typeof judge !== 'function') return undefined
  try {
    return candidates.filter((value) => judge(value) === undefined)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

/** Walks through a schema of any size: never into a dead end, and what ends is valid by Ajv. */
export function openWalks(
  schema: Schema,
  words: Vocabulary,
  { walks, most, seed }: { readonly walks: number; readonly most: number; readonly seed: number },
  counts: WalkCounts,
): void {
  counts.schemas++
  const constraint = compiled(schema, words)
  if (typeof constraint === 'string') {
    counts.refused++
    return
  }
  const judge = judgeOf(schema)
  const picks = picksOf(seed)
  for (let walk = 0; walk < walks; walk++) {
    const text = freeWalk(constraint, picks, most, counts)
    if (text === undefined) continue
    const value = JSON.parse(Buffer.from(text, 'latin1').toString('utf8')) as Json
    const why = typeof judge === 'function' ? judge(value) : undefined
    if (why !== undefined) counts.faults.push(`${text}: ${why}`)
  }
}

/** The text, where it has ended. */
function freeWalk(constraint: Constraint, picks: Picks, most: number, counts: WalkCounts): string | undefined {
  const matcher = constraint.matcher()
  counts.walks++
  let text = ''
  for (let step = 0; step < most; step++) {
    const mask = matcher.mask()
    if (isSet(mask, STOP) && (matcher.mustEnd || picks.below(3) === 0)) {
      counts.ended++
      return text
    }
    const token = allowedToken(mask, picks)
    if (token === undefined) {
      counts.faults.push(`a dead end after ${text} in ${constraint.name}`)
      return undefined
    }
    matcher.advance(token)
    counts.tokens++
    text += SPELLED[token]!
  }
  if (matcher.mask().every((word) => word === 0)) counts.faults.push(`a dead end after ${text}`)
  counts.open++
  return undefined
}

/** What closes strings, arrays and objects, so that some walks end. */
const CLOSING: readonly number[] = ['"', '}', ']', '"}', '"]'].map((each) => SPELLED.indexOf(each))

function allowedToken(mask: Uint32Array, picks: Picks): number | undefined {
  if (picks.below(3) > 0) {
    const closing = CLOSING.filter((id) => isSet(mask, id))
    if (closing.length > 0) return picks.of(closing)
  }
  const open: number[] = []
  for (let id = 0; id < STOP; id++) if (isSet(mask, id)) open.push(id)
  return open.length === 0 ? undefined : picks.of(open)
}

/** The constraint, or why it was refused. */
function compiled(schema: Schema, words: Vocabulary): Constraint | string {
  try {
    return constrain(jsonSchema(schema, { order: 'free', whitespace: 'single' }), words)
  } catch (error) {
    return (error as Error).message
  }
}
