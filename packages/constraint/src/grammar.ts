import type { Regex, Regexes } from './regexes.ts'

/** One thing that a text must hold next. */
export type GrammarSymbol = Terminal | Rule | Capture

/** Text of a regular language. */
export interface Terminal {
  readonly kind: 'terminal'
  readonly regex: Regex
}

/**
 * A choice of sequences, made when it is first needed; the object is its identity. Each must have a text: a rule without
 * alternatives, or one that never ends, would leave the model with no token to choose.
 */
export interface Rule {
  readonly kind: 'rule'
  readonly name: string
  alternatives(): readonly (readonly GrammarSymbol[])[]
}

/** Goes on according to the text of the terminal that stands right before it. */
export interface Capture {
  readonly kind: 'capture'
  /** What follows, by the bytes captured, one character each. Equal texts must give the same objects. */
  follow(text: string): readonly GrammarSymbol[]
}

/** A language of texts, built in the store of the vocabulary that it is used with. */
export interface Grammar {
  readonly name: string
  build(regexes: Regexes): readonly GrammarSymbol[]
}

export const terminal = (regex: Regex): Terminal => ({ kind: 'terminal', regex })

/** A rule whose alternatives are computed once. */
export function rule(name: string, alternatives: () => readonly (readonly GrammarSymbol[])[]): Rule {
  let known: readonly (readonly GrammarSymbol[])[] | undefined
  return { kind: 'rule', name, alternatives: () => (known ??= alternatives()) }
}
