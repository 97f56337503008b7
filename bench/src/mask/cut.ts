import type { TokenSource } from '@foretoken/constraint'
import type { Schema } from '@foretoken/constraint-json-schema'
import { caseReaders, type SchemaCase } from './cases.ts'
import type { MaskTokenizer } from './vocabularies.ts'

/** A case whose instances are tokens. */
export interface CutCase {
  readonly name: string
  readonly schema: Schema
  readonly tests: readonly { readonly valid: boolean; readonly tokens: Int32Array; readonly description: string }[]
}

export interface CutData {
  /** The tokens alone, in one array: what cuts texts into them is not part of it. */
  readonly source: TokenSource
  /** A text that has something of every JSON type. */
  readonly warm: Int32Array
  readonly cases: readonly (() => CutCase)[]
}

export function cutCase({ name, schema, tests }: SchemaCase, { encode }: Pick<MaskTokenizer, 'encode'>): CutCase {
  const cut = tests.map(({ valid, text, description }) => ({
    valid,
    description,
    tokens: Int32Array.from(encode(text)),
  }))
  return { name, schema, tests: cut }
}

/** What every JSON text needs: an engine has read it before it is measured, as a server has after its first request. */
export const warmText = '{"warm": ["up", 1.5, true, null]}'

/**
 * Cuts all instances beforehand. The tokenizer can be given up then, and schemas are kept as texts: the less of the benchmark lies
 * about, the less of a pause of the collector is its own.
 */
export async function cutData(file: string, count: number | undefined, tokenizer: MaskTokenizer): Promise<CutData> {
  const readers = (await caseReaders(file)).slice(0, count)
  const cases = readers.map((read) => readerOf(cutCase(read(), tokenizer)))
  return { source: sourceOf(tokenizer), warm: Int32Array.from(tokenizer.encode(warmText)), cases }
}

// Apart, so that nothing but the case is held.
function readerOf({ name, schema, tests }: CutCase): () => CutCase {
  const text = JSON.stringify(schema)
  return () => ({ name, schema: JSON.parse(text) as Schema, tests })
}

function sourceOf({ vocabularySize, stopTokens, tokenBytes }: MaskTokenizer): TokenSource {
  const starts = new Int32Array(vocabularySize + 1)
  for (let id = 0; id < vocabularySize; id++) starts[id + 1] = starts[id]! + tokenBytes(id).length
  const bytes = new Uint8Array(starts[vocabularySize]!)
  for (let id = 0; id < vocabularySize; id++) bytes.set(tokenBytes(id), starts[id]!)
  return {
    vocabularySize,
    stopTokens: Int32Array.from(stopTokens),
    tokenBytes: (id) => bytes.subarray(starts[id]!, starts[id + 1]!),
  }
}
