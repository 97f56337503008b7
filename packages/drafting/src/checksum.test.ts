import { expect, it } from 'vitest'
import { checksum } from './checksum.ts'

const of = (text: string): number => {
  const bytes = new TextEncoder().encode(`${text}behind`)
  return checksum(new DataView(bytes.buffer), text.length)
}

it('is FNV-1a of the bytes asked for', () => {
  expect([of(''), of('a'), of('foobar')]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968])
})
