import { type Json, type JsonReader, jsonReader } from '@foretoken/constraint-json-schema'
import { checkKeys, ForetokenError } from '@foretoken/core'
import { HERMES, JSON_CALL } from './markers.ts'
import type { ToolCall, ToolCallLayout } from './tools.ts'

/** What an answer holds so far. */
export interface ToolCallAnswer {
  /** Text before the calls, without what may become the beginning of one. */
  readonly text: string
  /** Whole calls. */
  readonly calls: readonly ToolCall[]
  /** The call that is being written, once its name is whole: of its arguments what is certain. */
  readonly open?: ToolCall | undefined
}

/** Reads an answer as it grows. */
export interface ToolCallReader {
  /** @throws BAD_OPTION for a call that is none. */
  push(text: string): void
  /** Nothing follows: text that might have become a call is text. */
  end(): void
  answer(): ToolCallAnswer
}

/**
 * A reader of answers that `toolCalls` allows with the same layout.
 * @throws BAD_OPTION
 */
export function toolCallReader(layout: ToolCallLayout = {}): ToolCallReader {
  checkKeys('tools', layout, ['format', 'parallel'])
  const { format = 'json', parallel = false } = layout
  const isHermes = format === 'hermes'
  const calls: ToolCall[] = []
  let text = ''
  /** Read and not yet decided upon. */
  let waiting = ''
  let reader: JsonReader | undefined
  let hasEnded = false

  const keep = (value: Json): void => {
    for (const each of !isHermes && parallel ? (value as readonly Json[]) : [value]) calls.push(callOf(each))
  }
  /** Where a call begins in what waits, and where its JSON does. */
  const beginning = (): { readonly at: number; readonly json: number } | undefined => {
    if (isHermes) {
      const at = waiting.indexOf(HERMES.open)
      return at < 0 ? undefined : { at, json: at + HERMES.open.length }
    }
    const at = waiting.search(JSON_CALL)
    if (at < 0) return undefined
    const bracket = parallel ? /\[[ \t\n\r]*$/.exec(waiting.slice(0, at)) : undefined
    return { at: bracket?.index ?? at, json: bracket?.index ?? at }
  }
  const readOn = (): void => {
    while (waiting !== '') {
      if (!reader) {
        const found = beginning()
        if (!found) return
        if (calls.length === 0) text += waiting.slice(0, found.at)
        waiting = waiting.slice(found.json)
        reader = jsonReader()
      }
      waiting = waiting.slice(reader.push(waiting))
      if (!reader.isComplete) return
      keep(reader.partial()!)
      reader = undefined
    }
  }
  return {
    push(more) {
      waiting += more
      readOn()
    },
    end() {
      hasEnded = true
    },
    answer() {
      if (calls.length > 0 || reader) return { text, ...callsNow(calls, reader?.partial()) }
      const certain = hasEnded ? waiting : waiting.slice(0, certainLength(waiting, isHermes))
      return { text: text + certain, calls }
    },
  }
}

/** Whole calls, and the open one: in an array the last, which may be whole as well. */
function callsNow(calls: readonly ToolCall[], partial: Json | undefined): Omit<ToolCallAnswer, 'text'> {
  const values = Array.isArray(partial) ? (partial as readonly Json[]) : partial === undefined ? [] : [partial]
  const named = values.filter((each) => isCall(each)).map(callOf)
  const open = named.at(-1)
  return { calls: [...calls, ...named.slice(0, -1)], ...(open && { open }) }
}

const isCall = (value: Json): boolean => typeof value === 'object' && value !== null && 'arguments' in value

function callOf(value: Json): ToolCall {
  const call = value as unknown as Partial<ToolCall>
  if (isCall(value) && typeof call.name === 'string') return { name: call.name, arguments: call.arguments! }
  throw new ForetokenError('BAD_OPTION', `${JSON.stringify(value)} is no call.`, {
    fix: 'Read an answer that was held to toolCalls().',
  })
}

/** How much of a text is text whatever follows. */
function certainLength(text: string, isHermes: boolean): number {
  if (isHermes) {
    for (let length = Math.min(HERMES.open.length - 1, text.length); length > 0; length--) {
      if (text.endsWith(HERMES.open.slice(0, length))) return text.length - length
    }
    return text.length
  }
  const start = /\[?[ \t\n\r]*(\{[ \t\n\r]*("(n(a(m(e("[ \t\n\r]*)?)?)?)?)?)?)?$/.exec(text)
  return start ? start.index : text.length
}

/**
 * Reads a whole answer.
 * @throws BAD_OPTION for a call that is none.
 */
export function readToolCalls(text: string, layout: ToolCallLayout = {}): ToolCallAnswer {
  const reader = toolCallReader(layout)
  reader.push(text)
  reader.end()
  return reader.answer()
}
