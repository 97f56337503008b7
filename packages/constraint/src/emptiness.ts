import { overLimit } from './limits.ts'

interface EmptinessParts {
  readonly rawRow: (regex: number) => Int32Array
  readonly plain: readonly boolean[]
  readonly nullable: readonly boolean[]
  /** Regexes looked at before giving up. */
  readonly limit: number
}

/**
 * Whether a language has no text: breadth-first search of the residuals for a nullable one. Verdicts are kept.
 * @throws UNSUPPORTED past the limit.
 */
export function emptiness(parts: EmptinessParts): (regex: number) => boolean {
  const { rawRow, plain, nullable, limit } = parts
  const verdicts = new Map<number, boolean>()
  const verdictOf = (regex: number): boolean | undefined => {
    if (regex === 0) return true
    if (nullable[regex] || plain[regex]) return false
    return verdicts.get(regex)
  }
  return (regex) => {
    const known = verdictOf(regex)
    if (known !== undefined) return known
    const queue = [regex]
    const cameFrom = new Map<number, number>([[regex, -1]])
    for (let i = 0; i < queue.length; i++) {
      if (queue.length > limit) throw overLimit('emptiness', limit)
      const at = queue[i]!
      for (const target of new Set(rawRow(at))) {
        const verdict = verdictOf(target)
        if (verdict === false) {
          for (let alive = at; alive !== -1; alive = cameFrom.get(alive)!) verdicts.set(alive, false)
          return false
        }
        if (verdict === true || cameFrom.has(target)) continue
        cameFrom.set(target, at)
        queue.push(target)
      }
    }
    for (const dead of queue) verdicts.set(dead, true)
    return true
  }
}
