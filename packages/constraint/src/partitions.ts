import { interned } from './interned.ts'

/** Bytes that a state does not tell apart, as classes. */
export interface Partition {
  readonly id: number
  /** [256]: class by byte. */
  readonly classOf: Uint8Array
  /** [classes]: the first byte of each. */
  readonly first: readonly number[]
}

export interface Partitions {
  /** @param nameOf Bytes of one class have the same name, from 0 to 65,535. */
  of(nameOf: (byte: number) => number): Partition
  /** The coarsest partition that tells apart what either does. */
  both(a: Partition, b: Partition): Partition
}

/** Equal partitions are one object. */
export function partitions(): Partitions {
  const ids = interned()
  const all: Partition[] = []
  const pairs = new Map<number, Partition>()
  const classOfName = new Int32Array(1 << 16).fill(-1)
  const names = new Int32Array(256)
  const classes = new Uint8Array(256)
  const of = (nameOf: (byte: number) => number): Partition => {
    const first: number[] = []
    for (let byte = 0; byte < 256; byte++) {
      const name = nameOf(byte)
      names[byte] = name
      if (classOfName[name]! < 0) classOfName[name] = first.push(byte) - 1
      classes[byte] = classOfName[name]!
    }
    for (const name of names) classOfName[name] = -1
    const found = ids.find(classes, 256)
    if (found >= 0) return all[found]!
    ids.add(classes, 256)
    all.push({ id: all.length, classOf: classes.slice(), first })
    return all.at(-1)!
  }
  return {
    of,
    both(a, b) {
      if (a === b || b.first.length === 1) return a
      if (a.first.length === 1) return b
      const key = Math.min(a.id, b.id) * 2 ** 24 + Math.max(a.id, b.id)
      const found = pairs.get(key)
      if (found) return found
      const made = of((byte) => a.classOf[byte]! * 256 + b.classOf[byte]!)
      pairs.set(key, made)
      return made
    },
  }
}
