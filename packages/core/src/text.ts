/** Turns token bytes into text that can be shown at once: whole characters, and nothing a stop string may still claim. */
export interface TextStream {
  /** Appends a token's bytes and returns the text that became certain. */
  push(bytes: Uint8Array): string
  /** The text still held back. Bytes of an unfinished character are dropped. Nothing after a stop string. */
  end(): string
  /** True once a stop string is complete; the text ends before it. */
  readonly isStopped: boolean
}

/**
 * The stop string that is complete first wins, the longest of those, so the text does not depend on how it was cut into
 * tokens. Invalid UTF-8 becomes U+FFFD.
 * @param stopStrings Not empty strings.
 */
export function textStream(stopStrings: readonly string[] = []): TextStream {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let held = ''
  let isStopped = false
  return {
    push(bytes) {
      if (isStopped) return ''
      held += decoder.decode(bytes, { stream: true })
      const start = stopAt(held, stopStrings)
      isStopped = start >= 0
      const certain = isStopped ? start : held.length - claimed(held, stopStrings)
      const text = held.slice(0, certain)
      held = isStopped ? '' : held.slice(certain)
      return text
    },
    end() {
      const text = held
      held = ''
      return text
    },
    get isStopped() {
      return isStopped
    },
  }
}

/** Where the stop string that ends first begins; −1 when there is none. */
function stopAt(text: string, stopStrings: readonly string[]): number {
  let start = -1
  let end = Infinity
  for (const stop of stopStrings) {
    const at = text.indexOf(stop)
    if (at < 0) continue
    const stopEnd = at + stop.length
    if (stopEnd < end || (stopEnd === end && at < start)) {
      start = at
      end = stopEnd
    }
  }
  return start
}

/** Length of the longest end of `text` that begins a stop string. */
function claimed(text: string, stopStrings: readonly string[]): number {
  let longest = 0
  for (const stop of stopStrings) {
    for (let n = Math.min(stop.length - 1, text.length); n > longest; n--) {
      if (text.endsWith(stop.slice(0, n))) longest = n
    }
  }
  return longest
}
