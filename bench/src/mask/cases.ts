import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import type { Schema } from '@foretoken/constraint-json-schema'
import { type Kept, keptJson } from './kept-json.ts'

/** A schema with instances that are known to be valid or not. */
export interface SchemaCase {
  readonly name: string
  readonly schema: Schema
  readonly tests: readonly { readonly valid: boolean; readonly text: string; readonly description: string }[]
}

/** Text of a file, gunzipped where it must be. */
export async function textOf(file: string): Promise<string> {
  const bytes = await readFile(file)
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8')
}

const stringOf = (kept: Kept | undefined, otherwise: string): string =>
  kept === undefined ? otherwise : String(JSON.parse(kept.text))

/** A case from `{ schema, tests: [{ valid, data, description }] }`. */
export function caseOf(kept: Kept, name: string): SchemaCase {
  const tests = kept.members.get('tests')?.items ?? []
  return {
    name,
    schema: JSON.parse(kept.members.get('schema')?.text ?? 'true') as Schema,
    tests: tests.map(({ members }, i) => ({
      valid: members.get('valid')?.text === 'true',
      text: members.get('data')?.text ?? '',
      description: stringOf(members.get('description'), `test ${i + 1}`),
    })),
  }
}

/** Cases in MaskBench's form, one JSON object a line; each is read when it is asked for. */
export async function caseReaders(file: string): Promise<(() => SchemaCase)[]> {
  const lines = (await textOf(file)).split('\n').filter((line) => line.trim() !== '')
  return lines.map((line, i) => () => {
    const kept = keptJson(line)
    return caseOf(kept, stringOf(kept.members.get('name'), `line ${i + 1}`))
  })
}

/** All of them. */
export async function readCases(file: string): Promise<SchemaCase[]> {
  return (await caseReaders(file)).map((read) => read())
}
