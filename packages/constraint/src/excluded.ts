import { interned } from './interned.ts'

/** Byte strings to leave out, as a trie. Its nodes are made when they are first asked for: most texts differ early from all of them. */
export interface Excluded {
  readonly id: number
  readonly isEnd: boolean
  readonly children: ReadonlyMap<number, Excluded>
}

/** Makes tries, one for each set of texts: what leaves out the same texts is the same regex. */
export function excludedTexts(): (texts: readonly Uint8Array[]) => Excluded {
  const textIds = interned()
  const texts: Uint8Array[] = []
  const sets = interned()
  const tries: Excluded[] = []
  let nodes = 0
  const idOf = (text: Uint8Array): number => {
    const found = textIds.find(text, text.length)
    if (found >= 0) return found
    texts.push(text.slice())
    return textIds.add(text, text.length)
  }
  /** What follows the first `depth` bytes, which these texts share. */
  const trieOf = (ids: ArrayLike<number>, depth: number): Excluded => {
    let isEnd = false
    for (let i = 0; i < ids.length; i++) isEnd ||= texts[ids[i]!]!.length === depth
    let children: Map<number, Excluded> | undefined
    const expand = (): Map<number, Excluded> => {
      const open = new Map<number, number[]>()
      for (let i = 0; i < ids.length; i++) {
        const byte = texts[ids[i]!]![depth]
        if (byte === undefined) continue
        const list = open.get(byte)
        if (list) list.push(ids[i]!)
        else open.set(byte, [ids[i]!])
      }
      return new Map([...open].map(([byte, list]) => [byte, trieOf(list, depth + 1)]))
    }
    return {
      id: nodes++,
      isEnd,
      get children() {
        children ??= expand()
        return children
      },
    }
  }
  return (given) => {
    const key = Int32Array.from(new Set(given.map(idOf))).sort()
    const found = sets.find(key, key.length)
    if (found >= 0) return tries[found]!
    sets.add(key, key.length)
    tries.push(trieOf(key, 0))
    return tries.at(-1)!
  }
}
