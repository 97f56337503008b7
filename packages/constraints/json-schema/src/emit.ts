/** Rules that write the values of a node. Properties and items become states of small automata, made when needed. */
import { type GrammarSymbol, type Regex, type Regexes, type Rule, rule, terminal } from '@foretoken/constraint'
import { canonicalTexts } from './canonical.ts'
import { arrayRules } from './emit-array.ts'
import { objectRules } from './emit-object.ts'
import type { ReadParts } from './read-schema.ts'
import type { Node } from './shapes.ts'
import type { Meaning } from './values.ts'

export interface Layout {
  /** After a comma. */
  readonly afterComma: Regex
  /** After a colon. */
  readonly afterColon: Regex
  /** After an opening bracket and before a closing one. */
  readonly inside: Regex
}

export interface EmitParts extends ReadParts {
  readonly meaning: Meaning
  readonly layout: Layout
  readonly order: 'schema' | 'free'
  /** The symbol that writes a value of a node. */
  readonly value: (node: Node) => GrammarSymbol
  /** Texts of the values of a node that are neither arrays nor objects; only canonical spellings. */
  readonly scalars: (node: Node) => Regex
  /** Texts of values of a node with one spelling each. */
  readonly canonical: (node: Node) => Regex
}

/** The symbol for a node; all that it needs is reachable from it. */
export function emitter(parts: Omit<EmitParts, 'value' | 'scalars' | 'canonical'>): (node: Node) => GrammarSymbol {
  const { regexes, meaning, texts, numbers } = parts
  const known = new Map<Node, Rule>()
  const values = (node: Node): GrammarSymbol => {
    const found = known.get(node)
    if (found) return found
    const made = rule(`value ${node.id}`, () => alternatives(node))
    known.set(node, made)
    return made
  }
  const scalars = (node: Node, isFree: boolean): Regex => {
    const set = meaning.valuesOf(node)
    const string = isFree
      ? texts.written(set.strings)
      : regexes.concat(regexes.literal('"'), set.strings, regexes.literal('"'))
    const number = !isFree
      ? set.numbers
      : set.numbers === numbers.all
        ? freeNumber(regexes)
        : numbers.written(set.numbers)
    const words = (['null', 'true', 'false'] as const).filter((word) => set[word]).map((word) => regexes.literal(word))
    return regexes.or([...words, ...(regexes.isEmpty(set.strings) ? [] : [string]), number])
  }
  const open = new Set<Node>()
  const verdicts = new Map<Node, boolean>()
  /** Possible, and some value of it can be written; yes also where that is being decided. */
  const isWritable = (node: Node): boolean => {
    if (!meaning.isPossible(node)) return false
    const known = verdicts.get(node)
    if (known !== undefined || open.has(node)) return known ?? true
    open.add(node)
    try {
      const verdict = alternatives(node).length > 0
      verdicts.set(node, verdict)
      return verdict
    } finally {
      open.delete(node)
    }
  }
  const written = {
    ...parts,
    meaning: { ...meaning, isPossible: isWritable },
    value: values,
    scalars: (node: Node) => scalars(node, false),
  }
  const all: EmitParts = { ...written, canonical: canonicalTexts(written) }
  const arrays = arrayRules(all)
  const objects = objectRules(all)
  const alternatives = (node: Node): (readonly GrammarSymbol[])[] => {
    const set = meaning.valuesOf(node)
    const scalar = scalars(node, true)
    return [
      ...(regexes.isEmpty(scalar) ? [] : [[terminal(scalar)]]),
      ...set.arrays.flatMap(arrays),
      ...set.objects.flatMap(objects),
    ]
  }
  return values
}

/** Any JSON number. */
function freeNumber({ bytes, concat, or, repeat, literal }: Regexes): Regex {
  const digit = bytes([[48, 57]])
  const optional = (regex: Regex): Regex => or([literal(''), regex])
  const whole = or([literal('0'), concat(bytes([[49, 57]]), repeat(digit, 0, Infinity))])
  const fraction = concat(literal('.'), repeat(digit, 1, Infinity))
  // A few digits of exponent at most: beyond them the value is no number of a double.
  const exponent = concat(
    bytes([
      [69, 69],
      [101, 101],
    ]),
    optional(
      bytes([
        [43, 43],
        [45, 45],
      ]),
    ),
    repeat(digit, 1, 2),
  )
  return concat(optional(literal('-')), whole, optional(fraction), optional(exponent))
}
