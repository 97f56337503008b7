/** An automaton given by a function, for languages that no small expression has. States are non-negative integers. */
export interface ByteAutomaton {
  readonly start: number
  /** The next state, or −1 where there is none. */
  next(state: number, byte: number): number
  accepts(state: number): boolean
  /** Whether any text is accepted from here. Default: found by a search, which large automata make long. */
  isAlive?(state: number): boolean
  /** Bytes that lead anywhere, ASCII; all others must lead nowhere. Default: any byte may. Makes stepping cheap. */
  readonly alphabet?: string
}
