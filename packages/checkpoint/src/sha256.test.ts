import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { sha256 } from './sha256.ts'

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 31 + (i >> 3)) & 255)

it('hashes every length around its blocks as node:crypto does', () => {
  for (let length = 0; length < 200; length++) {
    const part = bytes.subarray(0, length)
    expect(sha256().update(part).digest()).toBe(createHash('sha256').update(part).digest('hex'))
  }
})

it('does not care how the bytes are cut', () => {
  const whole = createHash('sha256').update(bytes).digest('hex')
  for (const step of [1, 7, 63, 64, 65, 200]) {
    const hash = sha256()
    for (let at = 0; at < bytes.length; at += step) hash.update(bytes.subarray(at, at + step))
    expect(hash.digest()).toBe(whole)
  }
})
