import type { Schema } from '@foretoken/constraint-json-schema'
import type { CompiledSchema, MaskEngine } from '../engine.ts'
import type { MaskTokenizer } from '../vocabularies.ts'
import { spellingOf } from './spelling.ts'

interface Grammar {
  readonly type: 'json_schema'
  readonly schema: Schema
}

interface Parser {
  getTokenMask(): Uint8Array
  advance(token: number): void
  isComplete(): boolean
  /** Begins with a grammar. */
  reset(grammar: Grammar): void
}

/** What is used of `transformers-llguidance`. */
export interface LLGuidance {
  readonly GuidanceParser: { create(grammar: Grammar, tokenizer: object): Promise<Parser> }
}

/** LLGuidance. One parser is kept, since making one reads the whole vocabulary again; a text begins by resetting it. */
export async function llguidanceEngine(library: LLGuidance, tokenizer: MaskTokenizer): Promise<MaskEngine> {
  const vocab: Record<string, number> = {}
  const added: object[] = []
  for (let id = 0; id < tokenizer.vocabularySize; id++) {
    const spelled = spellingOf(tokenizer, id)
    const content = spelled || `<|special ${id}|>`
    vocab[content] = id
    if (spelled === '') {
      added.push({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true })
    }
  }
  const [stop] = Array.from(tokenizer.stopTokens)
  const schema: Schema = { type: 'null' }
  const parser = await library.GuidanceParser.create(
    { type: 'json_schema', schema },
    { vocab, merges: [], added_tokens: added, model_type: 'BPE', eos_token_id: stop },
  )
  return {
    name: 'llguidance',
    compile(schema): CompiledSchema {
      const grammar: Grammar = { type: 'json_schema', schema: onOneLine(schema) }
      parser.reset(grammar)
      let isFresh = true
      return {
        start() {
          if (!isFresh) parser.reset(grammar)
          isFresh = false
          return {
            allows: (token) => parser.getTokenMask()[token] === 1,
            advance: (token) => parser.advance(token),
            isComplete: () => parser.isComplete(),
            dispose: () => undefined,
          }
        },
        states: () => 0,
        dispose: () => undefined,
      }
    },
  }
}

/** Whitespace as in the instances, by LLGuidance's own keyword. */
function onOneLine(schema: Schema): Schema {
  if (typeof schema !== 'object') return schema
  const rules = { item_separator: ', ', key_separator: ': ', whitespace_flexible: false, coerce_one_of: true }
  return { ...schema, 'x-guidance': rules } as Schema
}
