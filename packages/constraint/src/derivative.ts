import type { ByteAutomaton } from './byte-automaton.ts'
import { hasByte } from './byte-sets.ts'
import type { Excluded } from './excluded.ts'
import { EMPTY_TEXT, NOTHING } from './regex-keys.ts'
import type { RegexNode as Node, Regex, Regexes } from './regexes.ts'

interface DerivativeParts extends Pick<Regexes, 'concat' | 'or' | 'and' | 'not' | 'repeat'> {
  readonly nodes: readonly Node[]
  readonly nullable: readonly boolean[]
  /** Of a part, by the same function or what it has found before. */
  readonly after: (regex: Regex, byte: number) => Regex
  readonly exceptAt: (body: Regex, excluded: Excluded | undefined) => Regex
  readonly automatonAt: (automaton: ByteAutomaton, state: number) => Regex
}

/** What may follow a byte, by Brzozowski's rules. */
export function derivativeOf(parts: DerivativeParts): (regex: Regex, byte: number) => Regex {
  const { nodes, nullable, after, concat, or, and, not, repeat } = parts
  return (regex, byte) => {
    const node = nodes[regex]!
    switch (node.kind) {
      case 'nothing':
      case 'empty':
        return NOTHING
      case 'bytes':
        return hasByte(node.set, byte) ? EMPTY_TEXT : NOTHING
      case 'concat': {
        const first = concat(after(node.head, byte), node.tail)
        return nullable[node.head] ? or([first, after(node.tail, byte)]) : first
      }
      case 'or':
        return or(node.parts.map((part) => after(part, byte)))
      case 'and':
        return and(node.parts.map((part) => after(part, byte)))
      case 'not':
        return not(after(node.body, byte))
      case 'repeat': {
        const rest = repeat(node.body, Math.max(0, node.min - 1), node.max - 1)
        return concat(after(node.body, byte), rest)
      }
      case 'except':
        return parts.exceptAt(after(node.body, byte), node.excluded.children.get(byte))
      case 'automaton':
        return parts.automatonAt(node.automaton, node.automaton.next(node.state, byte))
    }
  }
}
