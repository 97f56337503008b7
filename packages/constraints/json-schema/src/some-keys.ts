/** Which keys of an object can meet its `some`, and how many it still needs for them. */
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

export interface SomeKeys {
  /** Sets of pending `some` that one key may meet; the empty one first. */
  subsets(pending: number): readonly Together[]
  /** Whether an entry, by its index, or a class can meet a set. */
  entryMeets(entry: number, together: Together): boolean
  classMeets(index: number, together: Together): boolean
  /** Fewest keys, beside the required entries not yet used, that meet what is pending; Infinity where none do. */
  needed(pending: number, used: bigint): number
}

export interface SomeKeysInput {
  readonly shape: ObjectShape
  readonly entries: readonly { readonly key: string; readonly node: Node; readonly isRequired: boolean }[]
  readonly classes: readonly KeyClass[]
}

export function someKeys(parts: EmitParts, { shape, entries, classes }: SomeKeysInput): SomeKeys {
  const { regexes, nodes, meaning, texts } = parts
  const all: Together[] = [{ bits: 0, keys: texts.all, node: nodes.any }]
  const count = shape.some.length
  for (let bits = 1; bits < 1 << count; bits++) {
    const chosen = shape.some.filter((_, bit) => (bits & (1 << bit)) !== 0)
    if (count > MOST_TOGETHER && chosen.length > 1 && chosen.length < count) continue
    const keys = chosen.map((each) => each.keys).reduce(texts.both)
    if (!regexes.isEmpty(keys)) all.push({ bits, keys, node: chosen.map((each) => each.node).reduce(nodes.both) })
  }
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
  const classMeets: SomeKeys['classMeets'] = (i, { bits, keys, node }) =>
    remembered(
      `c${i} ${bits}`,
      () =>
        !regexes.isEmpty(texts.both(classes[i]!.keys, keys)) && meaning.isPossible(nodes.both(classes[i]!.node, node)),
    )
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
  return { subsets, entryMeets, classMeets, needed }
}

const isUsed = (used: bigint, entry: number): boolean => (used & (1n << BigInt(entry))) !== 0n
