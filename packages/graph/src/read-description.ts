import { ForetokenError } from '@foretoken/core'
import { DESCRIPTION_KEY, GRAPH_VERSION, type GraphDescription } from './capabilities.ts'
import { readFields, unreadable } from './protobuf-reader.ts'

const METADATA_FIELD = 14

/**
 * The description stored in a graph's metadata: what a backend knows of it. Weights are skipped, not read.
 * Throws `BAD_CHECKPOINT` when the bytes are no graph of ours, `SPEC_VERSION` when another version wrote them.
 */
export function readDescription(model: Uint8Array): GraphDescription {
  const stored = metadata(model).get(DESCRIPTION_KEY)
  if (stored === undefined) throw unreadable('it has no description')
  const description = parse(stored)
  if (description.version !== GRAPH_VERSION) {
    throw new ForetokenError(
      'SPEC_VERSION',
      `The graph has version ${description.version}; expected ${GRAPH_VERSION}.`,
      {
        fix: 'Convert the checkpoint again.',
        details: { version: description.version },
      },
    )
  }
  return description
}

function parse(stored: string): GraphDescription {
  try {
    return JSON.parse(stored) as GraphDescription
  } catch {
    throw unreadable('its description is no JSON')
  }
}

function metadata(model: Uint8Array): Map<string, string> {
  const text = new TextDecoder()
  const entries = new Map<string, string>()
  for (const { field, content } of readFields(model)) {
    if (field !== METADATA_FIELD) continue
    const [key, value] = [...readFields(content)].map((part) => text.decode(part.content))
    if (key !== undefined && value !== undefined) entries.set(key, value)
  }
  return entries
}
