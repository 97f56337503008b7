import fc from 'fast-check'
import { expect, it } from 'vitest'
import { textStream } from './text.ts'

const encoder = new TextEncoder()
const alphabet = fc.constantFrom('a', 'b', 'c', 'é', '中', '🙂')
const words = fc.array(alphabet, { maxLength: 24 }).map((list) => list.join(''))
const stops = fc.array(
  fc.array(alphabet, { minLength: 1, maxLength: 4 }).map((list) => list.join('')),
  { maxLength: 3 },
)
const cuts = fc.array(fc.nat(1000), { maxLength: 12 })

/** `bytes` in pieces. */
function pieces(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const borders = [...new Set([0, ...at.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
  return borders.slice(1).map((end, i) => bytes.subarray(borders[i]!, end))
}

/** Where the stop string that is complete first begins, by looking at each end in turn. */
function reference(text: string, stopStrings: readonly string[]): string {
  for (let end = 0; end <= text.length; end++) {
    const found = stopStrings.filter((stop) => text.slice(0, end).endsWith(stop)).map((stop) => end - stop.length)
    if (found.length > 0) return text.slice(0, Math.min(...found))
  }
  return text
}

it('gives the same text however the bytes were cut, up to the first stop string', () => {
  fc.assert(
    fc.property(words, stops, cuts, (text, stopStrings, at) => {
      const stream = textStream(stopStrings)
      let shown = ''
      for (const piece of pieces(encoder.encode(text), at)) {
        shown += stream.push(piece)
        // Whole characters, and nothing that has to be taken back.
        expect(reference(text, stopStrings).startsWith(shown)).toBe(true)
        expect(shown).not.toContain('\uFFFD')
      }
      const isCut = stopStrings.some((stop) => text.includes(stop))
      expect(stream.isStopped).toBe(isCut)
      expect(shown + stream.end()).toBe(reference(text, stopStrings))
      expect(stream.end()).toBe('')
    }),
    { numRuns: 2000 },
  )
})

it('holds back no more than a stop string may claim', () => {
  const stream = textStream(['\n\nUser:'])
  expect(stream.push(encoder.encode('one\ntwo\n'))).toBe('one\ntwo')
  expect(stream.push(encoder.encode('\nUs'))).toBe('')
  expect(stream.push(encoder.encode('e it'))).toBe('\n\nUse it')
  expect(stream.push(encoder.encode('\n\nUser: x'))).toBe('')
  expect(stream.isStopped).toBe(true)
  expect(stream.push(encoder.encode('more'))).toBe('')
})

it('waits for the rest of a character, and drops it when it never comes', () => {
  const stream = textStream()
  const bytes = encoder.encode('a🙂')
  expect(stream.push(bytes.subarray(0, 3))).toBe('a')
  expect(stream.end()).toBe('')
})

it('shows invalid bytes as U+FFFD', () => {
  const stream = textStream()
  expect(stream.push(Uint8Array.of(0x61, 0xff, 0x62))).toBe('a\uFFFDb')
})
