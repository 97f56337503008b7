import { ForetokenError } from '@foretoken/core'
import { DESCRIPTION_KEY, GRAPH_VERSION, type GraphDescription } from './capabilities.ts'

const METADATA_FIELD = 14

/**
 * The description stored in a graph's metadata: what a backend knows of it. Weights are skipped, not read.
 * Throws `BAD_CHECKPOINT` when the bytes are no graph of ours, `SPEC_VERSION` when another version wrote them.
 */
export function readDescription(model: Uint8Array): GraphDescription {
  const stored = metadata(model).get(DESCRIPTION_KEY)
  if (stored === undefined) throw unreadable('it has no description')
  const description = JSON.parse(stored) as GraphDescription
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

function metadata(model: Uint8Array): Map<string, string> {
  const entries = new Map<string, string>()
  const text = new TextDecoder()
  for (const [field, content] of lengthDelimited(model)) {
    if (field !== METADATA_FIELD) continue
    const [key, value] = [...lengthDelimited(content)].map(([, part]) => text.decode(part))
    if (key !== undefined && value !== undefined) entries.set(key, value)
  }
  return entries
}

/** Length-delimited fields of a message; varint fields are passed over. */
function* lengthDelimited(body: Uint8Array): Generator<[number, Uint8Array]> {
  let offset = 0
  const varint = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = body[offset++]
      if (byte === undefined || factor > 2 ** 49) throw unreadable('it is cut short or no protocol buffer')
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  while (offset < body.length) {
    const tag = varint()
    if ((tag & 7) === 0) {
      varint()
    } else if ((tag & 7) === 2) {
      const end = varint() + offset
      if (end > body.length) throw unreadable('it is cut short')
      yield [tag >>> 3, body.subarray(offset, end)]
      offset = end
    } else {
      throw unreadable('it holds a field that no ONNX model has')
    }
  }
}

function unreadable(why: string): ForetokenError {
  return new ForetokenError('BAD_CHECKPOINT', `The ONNX file is no Foretoken graph: ${why}.`, {
    fix: 'Build it with buildGraph, or convert the checkpoint again.',
  })
}
