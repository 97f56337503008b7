import { expect, it } from 'vitest'
import { clockOf } from './clock.ts'
import { utf8Spelling } from './code-points.ts'
import { terminal } from './grammar.ts'
import { constrain } from './matcher.ts'
import { patternRegex } from './pattern.ts'
import { vocabulary } from './vocabulary.ts'

const busy = (milliseconds: number): void => {
  for (const until = performance.now() + milliseconds; performance.now() < until; );
}

it('ends work that takes too long, and only what is timed', () => {
  const clock = clockOf(5)
  const work = (pause: number): void => {
    clock.tick(1000)
    busy(pause)
    clock.tick(1000)
  }
  expect(() => clock.timed(() => work(10))).toThrow(/more than 5 milliseconds/)
  expect(() => clock.timed(() => clock.timed(() => work(10)))).toThrow(/milliseconds/)
  clock.timed(() => work(0))
  clock.timed(() => work(0))
  busy(10)
  clock.timed(() => work(0))
  work(10)
  const patient = clockOf(300)
  patient.timed(() => {
    patient.tick(1000)
    busy(400)
    patient.tick(1000)
  })
})

it('bounds the time of a grammar, and of each token after it', () => {
  const bytes = (milliseconds: number) =>
    vocabulary({ vocabularySize: 257, tokenBytes: (id) => Uint8Array.of(id), stopTokens: [256] }, { milliseconds })
  const pattern = (source: string) => ({
    name: source,
    build: (regexes: Parameters<typeof utf8Spelling>[0]) => [
      terminal(patternRegex(source, { regexes, spelling: utf8Spelling(regexes), isWhole: true })),
    ],
  })
  expect(() => constrain(pattern('ab?c'.repeat(3000)), bytes(0))).toThrow(/more than 0 milliseconds/)
  const long = vocabulary(
    { vocabularySize: 2, tokenBytes: () => new TextEncoder().encode('ab'.repeat(2000)), stopTokens: [1] },
    { milliseconds: 0 },
  )
  const matcher = constrain(pattern('(a|b)*a(a|b){9}'), long).matcher()
  expect(() => matcher.advance(0)).toThrow(/more than 0 milliseconds/)
  expect(constrain(pattern('(a|b)*a(a|b){9}'), bytes(60_000)).matcher().accepts([97, 98])).toBe(2)
})
