/**
 * Which keys of an object can meet its `some`, and how many it still needs for them. A key that is written twice has its last
 * value, so one that met a `some` must not come again where another value would not.
 */
import { ForetokenError } from '@foretoken/core'
import { fewTexts } from './count-texts.ts'
import type { EmitParts } from './emit.ts'
import type { KeyClass, Node, ObjectShape } from './shapes.ts'

/** Subsets are looked at up to this many `some`; beyond, a key meets one of them or all. */
const MOST_TOGETHER = 6

/** A set of `some` as bits, and what a key that meets all of them must be. */
interface Together {
  readonly bits: number
  readonly keys: KeyClass['keys']
  readonly node: Node
}

export interface Way extends Together {
  /** Whether another value of the same key could undo what this one meets. */
  readonly isHeld: boolean
}

export interface SomeKeys {
  /** Sets of pending `some` that one key may meet; the empty one first. */
  subsets(pending: number): readonly Together[]
  /** Whether an entry, by its index, can meet a set. */
  entryMeets(entry: number, together: Together): boolean
  /** Members with a key of a class, by what they meet of the pending. */
  ways(index: number, pending: number): readonly Way[]
  /** Fewest keys, beside the required entries not yet used, that meet what is pending; Infinity where none do. */
  needed(pending: number, used: bigint): number
}

export interface SomeKeysInput {
  readonly shape: ObjectShape
  readonly entries: readonly { readonly key: string; readonly node: Node; readonly isRequired: boolean }[]
  readonly classes: readonly KeyClass[]
}

function togethers({ regexes, nodes, texts }: EmitParts, { some }: ObjectShape): Together[] {
  const all: Together[] = [{ bits: 0, keys: texts.all, node: nodes.any }]
  const count = some.length
  for (let bits = 1; bits < 1 << count; bits++) {
    const chosen = some.filter((_, bit) => (bits & (1 << bit)) !== 0)
    if (count > MOST_TOGETHER && chosen.length > 1 && chosen.length < count) continue
    const keys = chosen.map((each) => each.keys).reduce(texts.both)
    if (!regexes.isEmpty(keys)) all.push({ bits, keys, node: chosen.map((each) => each.node).reduce(nodes.both) })
  }
  return all
}

/** So many keys of a language that those seen towards a minimum leave one for each `some`. */
const enoughKeys = ({ min, some }: ObjectShape): number => min + 2 * some.length

/**
 * Keys of which there are so few that a `some` could be left without one: those that it excludes as seen, or that others
 * take. Each must be looked at for itself.
 */
export function scarceKeys(parts: EmitParts, shape: ObjectShape, classes: readonly KeyClass[]): readonly string[] {
  if (shape.some.length === 0) return []
  const enough = enoughKeys(shape)
  const scarce = new Set<string>()
  for (const { keys } of togethers(parts, shape).slice(1)) {
    for (const each of classes) {
      for (const text of fewTexts(parts.regexes, parts.texts.both(each.keys, keys), enough) ?? []) {
        scarce.add(JSON.parse(`"${text}"`) as string)
      }
    }
  }
  return [...scarce]
}

export function someKeys(parts: EmitParts, { shape, entries, classes }: SomeKeysInput): SomeKeys {
  const { regexes, nodes, meaning, texts } = parts
  const all = togethers(parts, shape)
  const count = shape.some.length
  const verdicts = new Map<string, boolean>()
  const remembered = (key: string, decide: () => boolean): boolean => {
    const known = verdicts.get(key) ?? decide()
    verdicts.set(key, known)
    return known
  }
  const subsets = (pending: number): readonly Together[] => all.filter(({ bits }) => (bits & ~pending) === 0)
  const entryMeets: SomeKeys['entryMeets'] = (i, { bits, keys, node }) =>
    remembered(
      `e${i} ${bits}`,
      () => texts.holds(keys, entries[i]!.key) && meaning.isPossible(nodes.both(entries[i]!.node, node)),
    )
  const classMeets = (i: number, { bits, keys, node }: Together): boolean =>
    remembered(
      `c${i} ${bits}`,
      () =>
        !regexes.isEmpty(texts.both(classes[i]!.keys, keys)) && meaning.isPossible(nodes.both(classes[i]!.node, node)),
    )
  /** Bits of the `some` that a value of a class can fail to meet. */
  const fragile = classes.map(() => undefined as number | undefined)
  const fragileIn = (i: number): number =>
    (fragile[i] ??= shape.some.reduce(
      (bits, { node }, bit) => (mayViolate(classes[i]!.node, node) ? bits | (1 << bit) : bits),
      0,
    ))
  const mayViolate = (given: Node, wanted: Node): boolean => {
    try {
      return meaning.isPossible(nodes.both(given, nodes.not(wanted)))
    } catch (error) {
      if (ForetokenError.is(error)) return true
      throw error
    }
  }
  /** Each member one way: what it does not meet it violates, unless its key is outside. */
  const parted = (i: number, pending: number): Way[] => {
    let ways: Way[] = [{ bits: 0, ...classes[i]!, isHeld: false }]
    for (const [bit, { keys, node }] of shape.some.entries()) {
      if ((pending & (1 << bit)) === 0) continue
      const isFragile = (fragileIn(i) & (1 << bit)) !== 0
      const outside = texts.without(keys)
      ways = ways
        .flatMap((way) => {
          const inside = texts.both(way.keys, keys)
          const met = { bits: way.bits | (1 << bit), keys: inside, node: nodes.both(way.node, node) }
          return [
            { ...met, isHeld: way.isHeld || isFragile },
            { ...way, keys: texts.both(way.keys, outside) },
            ...(isFragile ? [{ ...way, keys: inside, node: nodes.both(way.node, nodes.not(node)) }] : []),
          ]
        })
        .filter((way) => !regexes.isEmpty(way.keys) && meaning.isPossible(way.node))
    }
    return ways
  }
  /** Where complements may lack values, what meets them may also be taken for not meeting them. */
  const overlapping = (i: number, pending: number): Way[] =>
    subsets(pending)
      .filter((together) => classMeets(i, together))
      .map(({ bits, keys, node }) => ({
        bits,
        keys: texts.both(classes[i]!.keys, keys),
        node: nodes.both(classes[i]!.node, node),
        isHeld: (fragileIn(i) & bits) !== 0,
      }))
  const known = new Map<string, Way[]>()
  const ways = (i: number, pending: number): Way[] => {
    const key = `${i} ${pending}`
    const isParted = parts.isExact && count <= MOST_TOGETHER
    const made = known.get(key) ?? (isParted ? parted(i, pending) : overlapping(i, pending))
    known.set(key, made)
    return made
  }
  const counts = new Map<string, number>()
  const needed = (pending: number, used: bigint): number => {
    const key = `${pending} ${used}`
    const known = pending === 0 ? 0 : counts.get(key)
    if (known !== undefined) return known
    const lowest = pending & -pending
    let fewest = Infinity
    for (const together of subsets(pending)) {
      if ((together.bits & lowest) === 0) continue
      const rest = pending & ~together.bits
      if (classes.some((_, i) => classMeets(i, together))) fewest = Math.min(fewest, 1 + needed(rest, used))
      // Entries of one kind are alike: as many as there are `some` are enough to look at.
      for (const isRequired of [true, false]) {
        const able = [...entries.keys()].filter(
          (i) => entries[i]!.isRequired === isRequired && !isUsed(used, i) && entryMeets(i, together),
        )
        for (const i of able.slice(0, count)) {
          fewest = Math.min(fewest, (isRequired ? 0 : 1) + needed(rest, used | (1n << BigInt(i))))
        }
      }
    }
    counts.set(key, fewest)
    return fewest
  }
  return { subsets, entryMeets, ways, needed }
}

const isUsed = (used: bigint, entry: number): boolean => (used & (1n << BigInt(entry))) !== 0n
