/** Byte strings to leave out, as a trie. */
export interface Excluded {
  readonly id: number
  readonly isEnd: boolean
  readonly children: ReadonlyMap<number, Excluded>
}

/** The trie of some texts. @param nextId Gives a node's id. */
export function excludedOf(texts: readonly Uint8Array[], nextId: () => number): Excluded {
  interface Open extends Excluded {
    isEnd: boolean
    readonly children: Map<number, Open>
  }
  const open = (): Open => ({ id: nextId(), isEnd: false, children: new Map() })
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
