import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import type { Json, Schema } from '@foretoken/constraint-json-schema'

/** A schema with instances that are known to be valid or not. */
export interface SchemaCase {
  readonly name: string
  readonly schema: Schema
  readonly tests: readonly { readonly valid: boolean; readonly data: Json; readonly description?: string }[]
}

/** Text of a file, gunzipped where it must be. */
export async function textOf(file: string): Promise<string> {
  const bytes = await readFile(file)
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8')
}

/** Cases in MaskBench's form, one JSON object a line. */
export async function readCases(file: string): Promise<SchemaCase[]> {
  const lines = (await textOf(file)).split('\n').filter((line) => line.trim() !== '')
  return lines.map((line, i) => ({ name: `line ${i + 1}`, ...(JSON.parse(line) as Omit<SchemaCase, 'name'>) }))
}

/** JSON on one line with a space after commas and colons, as Python's `dumps` writes it. */
export function spaced(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${spaced(each as Json)}`)
  return `{${members.join(', ')}}`
}
