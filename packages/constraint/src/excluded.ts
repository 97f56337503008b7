import { interned } from './interned.ts'

/** Byte strings to leave out, as a trie. */
export interface Excluded {
  readonly id: number
  readonly isEnd: boolean
  readonly children: ReadonlyMap<number, Excluded>
}

interface Open extends Excluded {
  isEnd: boolean
  readonly children: Map<number, Open>
}

/** Makes tries, one for each list of texts: what leaves out the same texts is the same regex. */
export function excludedTexts(): (texts: readonly Uint8Array[]) => Excluded {
  const lists = interned()
  const tries: Excluded[] = []
  let nodes = 0
  const open = (): Open => ({ id: nodes++, isEnd: false, children: new Map() })
  const trieOf = (texts: readonly Uint8Array[]): Excluded => {
    const root = open()
    for (const text of texts) {
      let at = root
      for (const byte of text) {
        const child = at.children.get(byte) ?? open()
        at.children.set(byte, child)
        at = child
      }
      at.isEnd = true
    }
    return root
  }
  return (texts) => {
    const key = keyOf(texts)
    const found = lists.find(key, key.length)
    if (found >= 0) return tries[found]!
    lists.add(key, key.length)
    const made = trieOf(texts)
    tries.push(made)
    return made
  }
}

/** Each text behind its length. */
function keyOf(texts: readonly Uint8Array[]): Int32Array {
  const key = new Int32Array(texts.reduce((length, text) => length + 1 + text.length, 0))
  let at = 0
  for (const text of texts) {
    key[at++] = text.length
    key.set(text, at)
    at += text.length
  }
  return key
}
