/**
 * Penalties on tokens that occurred before. Repetition is that of CTRL in the form of Hugging Face transformers: positive logits are
 * divided by it, negative ones multiplied. Presence and frequency are those of the OpenAI interface: a constant, and a
 * multiple of the count, are subtracted. Repetition comes first, as in vLLM.
 */
import {
  badOption,
  checkInteger,
  checkKeys,
  checkNumber,
  type LogitsProcessor,
  type Manifest,
  SPEC_VERSION,
} from '@foretoken/core'

/** What penalties says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'processor',
  name: 'penalties',
  paper: {
    title: 'CTRL: A Conditional Transformer Language Model for Controllable Generation',
    authors: 'Keskar, McCann, Varshney, Xiong and Socher',
    year: 2019,
    url: 'https://arxiv.org/abs/1909.05858',
    section: 'section 4.1',
  },
  requires: [],
}

export interface PenaltiesOptions {
  /** Above 0; above 1 discourages every token of the history once. Default 1: none. */
  readonly repetition?: number
  /** Subtracted from the logit of every token that occurred. Default 0. */
  readonly presence?: number
  /** Subtracted once for each time the token occurred. Default 0. */
  readonly frequency?: number
  /**
   * Position in the context from which presence and frequency count; the prompt's length counts generated tokens only, as
   * vLLM does. Repetition always sees the whole context. Default 0.
   */
  readonly countFrom?: number
}

/** Counts of tokens that can be taken back. */
interface Counts {
  readonly tokens: number[]
  /** Of the whole history. */
  readonly seen: Map<number, number>
  /** From `countFrom` on. */
  readonly counted: Map<number, number>
}

/**
 * Lowers the logits of tokens that occurred in the context.
 * @throws BAD_OPTION
 * @example
 * const processors = [penalties({ repetition: 1.1 })]
 */
export function penalties(options: PenaltiesOptions): LogitsProcessor {
  checkKeys('penalties', options, ['repetition', 'presence', 'frequency', 'countFrom'])
  const { repetition = 1, presence = 0, frequency = 0, countFrom = 0 } = options
  checkNumber('penalties', 'repetition', repetition, 0)
  if (!(repetition > 0)) throw badOption('penalties', 'repetition', `is ${repetition}`, 'a number above 0')
  checkNumber('penalties', 'presence', presence, -Infinity)
  checkNumber('penalties', 'frequency', frequency, -Infinity)
  checkInteger('penalties', 'countFrom', countFrom, 0)
  const rules = { repetition, presence, frequency, countFrom }
  return processorWith(rules, { tokens: [], seen: new Map(), counted: new Map() })
}

function processorWith(rules: Required<PenaltiesOptions>, counts: Counts): LogitsProcessor {
  const { repetition, presence, frequency, countFrom } = rules
  const { tokens, seen, counted } = counts
  return {
    manifest,
    apply(logits) {
      if (repetition !== 1) {
        for (const token of seen.keys()) {
          const logit = logits[token]!
          logits[token] = logit < 0 ? logit * repetition : logit / repetition
        }
      }
      if (presence === 0 && frequency === 0) return
      for (const [token, count] of counted) logits[token]! -= presence + frequency * count
    },
    advance(token) {
      add(seen, token, 1)
      if (tokens.length >= countFrom) add(counted, token, 1)
      tokens.push(token)
    },
    rollback(n) {
      checkInteger('penalties', 'n', n, 0, tokens.length)
      for (let i = 0; i < n; i++) {
        const token = tokens.pop()!
        add(seen, token, -1)
        if (tokens.length >= countFrom) add(counted, token, -1)
      }
    },
    fork: () => processorWith(rules, { tokens: [...tokens], seen: new Map(seen), counted: new Map(counted) }),
  }
}

function add(counts: Map<number, number>, token: number, change: number): void {
  const count = (counts.get(token) ?? 0) + change
  if (count > 0) counts.set(token, count)
  else counts.delete(token)
}
