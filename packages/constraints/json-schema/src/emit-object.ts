import {
  type Capture,
  type GrammarSymbol,
  notEnforceable,
  type Regex,
  type Rule,
  rule,
  terminal,
} from '@foretoken/constraint'
import { bytesOf, hasTexts, namesOfLists } from './count-texts.ts'
import type { EmitParts } from './emit.ts'
import type { KeyClass, Node, ObjectShape } from './shapes.ts'
import { scarceKeys, someKeys } from './some-keys.ts'

/** A property that may stand in an object. */
interface Entry {
  readonly key: string
  readonly node: Node
  readonly isRequired: boolean
}

/** Where an object stands. */
interface Place {
  /** Entries used; with the order of the schema, also those passed over. */
  readonly used: bigint
  readonly count: number
  /** Bits of the `some` still to be met. */
  readonly pending: number
  /** Keys beside the entries that must not come again, as written. */
  readonly seen: readonly string[]
  /** Those of them that never may: what has met a `some` could be undone. */
  readonly held: readonly string[]
}

/** One more member. */
interface Step {
  readonly place: Place
  readonly next: Place
  readonly isHeld: boolean
}

/** Sequences that write an object of a shape; none where no object has it. */
export function objectRules(parts: EmitParts): (shape: ObjectShape) => (readonly GrammarSymbol[])[] {
  const { regexes, layout } = parts
  const open = terminal(regexes.concat(regexes.literal('{'), layout.inside))
  const known = new Map<ObjectShape, (readonly GrammarSymbol[])[]>()
  return (shape) => {
    const found = known.get(shape)
    if (found) return found
    const start = members(parts, shape)
    const made = start ? [[open, start]] : []
    known.set(shape, made)
    return made
  }
}

interface Keys {
  readonly entries: readonly Entry[]
  /** Of all other keys. */
  readonly classes: readonly KeyClass[]
}

/** Which keys have a name and which only a class; there are always more of a class than need to be told apart. */
function keysOf({ meaning, algebra, regexes, texts }: EmitParts, shape: ObjectShape, named: readonly string[]): Keys {
  const entries = named
    .map((key) => ({ key, node: algebra.at(shape, key), isRequired: shape.required.has(key) }))
    .filter(({ node, isRequired }) => isRequired || meaning.isPossible(node))
  const classes = shape.classes
    .map(({ keys, node }) => ({ keys: texts.except(keys, named), node }))
    .filter(({ keys, node }) => !regexes.isEmpty(keys) && meaning.isPossible(node))
  return { entries, classes }
}

function withScarceNamed(parts: EmitParts, shape: ObjectShape): Keys {
  const named = new Set([...shape.properties.keys(), ...shape.required])
  for (;;) {
    const keys = keysOf(parts, shape, [...named])
    const scarce = scarceKeys(parts, shape, keys.classes)
    if (scarce.length === 0) return keys
    for (const key of scarce) named.add(key)
  }
}

function members(parts: EmitParts, shape: ObjectShape): Rule | undefined {
  const { regexes, nodes, meaning, texts, layout, value, order } = parts
  if (shape.min > shape.max) return undefined
  const { entries, classes } = withScarceNamed(parts, shape)
  if (entries.some(({ isRequired, node }) => isRequired && !meaning.isPossible(node))) return undefined
  const required = entries.reduce((bits, entry, i) => (entry.isRequired ? bits | (1n << BigInt(i)) : bits), 0n)
  const everyEntry = (1n << BigInt(entries.length)) - 1n
  const spare = Number.isFinite(shape.min)
    ? spareKeys(
        parts,
        classes.map(({ keys }) => keys),
        shape.min,
      )
    : 0
  const some = someKeys(parts, { shape, entries, classes })
  /** While keys count towards a minimum, one that came before must not count again. */
  const mustDiffer = ({ count }: Place): boolean => shape.min >= 2 && classes.length > 0 && count < shape.min
  const cap = Math.max(1, shape.max === Infinity ? shape.min : shape.max)

  const canClose = (place: Place): boolean =>
    (required & ~place.used) === 0n && place.count >= shape.min && place.pending === 0
  const canEnd = (place: Place): boolean => {
    const needed = left(required & ~place.used)
    const available = left(everyEntry & ~place.used) + Math.max(0, spare - place.seen.length)
    if (place.count + needed > shape.max || place.count + available < shape.min) return false
    const extra = some.needed(place.pending, place.used)
    return extra < Infinity && place.count + needed + extra <= shape.max
  }
  const keyText = (keys: Regex): Regex => regexes.concat(regexes.literal('"'), keys, regexes.literal('"'))
  const colon = regexes.concat(regexes.literal(':'), layout.afterColon)
  const rules = new Map<string, Rule>()
  const counted = (place: Place): Place => ({ ...place, count: Math.min(place.count + 1, cap) })

  /** Ways to write one more member; a `some` may be met by it. */
  const branches = (place: Place): (readonly GrammarSymbol[])[] => {
    const found: (readonly GrammarSymbol[])[] = []
    const add = (key: Regex, node: Node, next: Place): void => {
      if (canEnd(next) && meaning.isPossible(node))
        found.push([terminal(regexes.concat(key, colon)), value(node), at(next)])
    }
    const subsets = some.subsets(place.pending)
    for (const [i, { key, node, isRequired }] of entries.entries()) {
      if ((place.used & (1n << BigInt(i))) !== 0n) continue
      const used = order === 'free' ? place.used | (1n << BigInt(i)) : (1n << BigInt(i + 1)) - 1n
      const next = counted({ ...place, used })
      for (const together of subsets) {
        if (!some.entryMeets(i, together)) continue
        const pending = place.pending & ~together.bits
        add(keyText(texts.exactly(key)), nodes.both(node, together.node), { ...next, pending })
      }
      if (isRequired && order === 'schema') return found
    }
    const next = counted(order === 'free' ? place : { ...place, used: everyEntry })
    for (const i of classes.keys()) {
      for (const { bits, keys, node, isHeld } of some.ways(i, place.pending)) {
        const met = { ...next, pending: place.pending & ~bits }
        const key = regexes.except(keyText(keys), place.seen.map(bytesOf))
        if (isHeld || mustDiffer(place)) found.push(...captured({ place, next: met, isHeld }, key, node))
        else if (!regexes.isEmpty(key)) add(key, node, met)
      }
    }
    return found
  }
  /** A key that must not come again, or not while keys count towards a minimum. */
  const captured = ({ place, next, isHeld }: Step, key: Regex, node: Node): (readonly GrammarSymbol[])[] => {
    const after = (text: string): Place => {
      const held = isHeld ? [...place.held, text].sort() : place.held
      return { ...next, held, seen: mustDiffer(next) ? [...place.seen, text].sort() : held }
    }
    if (regexes.isEmpty(key) || !canEnd(after('')) || !meaning.isPossible(node)) return []
    const follow = (text: string): readonly GrammarSymbol[] => [afterKey, value(node), at(after(text))]
    const capture: Capture = { kind: 'capture', follow }
    return [[terminal(key), capture]]
  }
  const afterKey = terminal(colon)
  const close = terminal(regexes.concat(layout.inside, regexes.literal('}')))
  const comma = terminal(regexes.concat(regexes.literal(','), layout.afterComma))
  const nameOf = namesOfLists()
  const at = (place: Place): Rule => {
    const key = `${place.used} ${place.count} ${place.pending} ${nameOf(place.seen)} ${nameOf(place.held)}`
    const found = rules.get(key)
    if (found) return found
    const isFirst = place.count === 0 && place.used === 0n
    const made = rule('members', () => {
      const more = place.count < shape.max ? branches(place) : []
      const next = rule('member', () => more)
      const further = more.length === 0 ? [] : [isFirst ? [next] : [comma, next]]
      return [...(canClose(place) ? [[close]] : []), ...further]
    })
    rules.set(key, made)
    return made
  }
  const start: Place = { used: 0n, count: 0, pending: (1 << shape.some.length) - 1, seen: [], held: [] }
  return canEnd(start) && (shape.max > 0 || canClose(start)) ? at(start) : undefined
}

/** How many bits are set. */
function left(bits: bigint): number {
  let count = 0
  for (let rest = bits; rest !== 0n; rest >>= 32n) {
    for (let word = Number(BigInt.asUintN(32, rest)) | 0; word !== 0; word &= word - 1) count++
  }
  return count
}

/** Keys that count towards a minimum are remembered, one by one. */
const MOST_COUNTED = 256

/** How many keys beside the entries there are, up to what is asked. */
function spareKeys({ regexes }: EmitParts, classes: readonly Regex[], wanted: number): number {
  if (wanted > MOST_COUNTED && classes.length > 0) {
    throw notEnforceable('minProperties', '', `it is ${wanted}, and keys are told apart up to ${MOST_COUNTED}`)
  }
  const all = regexes.or(classes)
  let count = 0
  while (count < wanted && hasTexts(regexes, all, count + 1)) count++
  return count
}
