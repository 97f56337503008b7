import { vocabulary } from '@foretoken/constraint'
import { expect, it } from 'vitest'
import { watchCollector, withCollector } from './collector.ts'
import { cutCase } from './cut.ts'
import { foretokenEngine } from './engine.ts'
import { isRight, judge } from './judge.ts'
import { collector, measureMemory } from './memory.ts'
import { spellingOf } from './peers/spelling.ts'
import { missedBars, slowest, summary } from './summary.ts'
import { maskTokenizer } from './vocabularies.ts'

const bytes = {
  vocabularySize: 257,
  tokenBytes: (id: number) => (id < 256 ? Uint8Array.of(id) : new Uint8Array(0)),
  stopTokens: [256],
  encode: (text: string) => new TextEncoder().encode(text),
}

const test = (text: string, valid: boolean) => ({ text, valid, description: text })
const small = cutCase(
  {
    name: 'small',
    schema: { type: 'integer', minimum: 10 },
    tests: [test('12', true), test('1', false), test('9', true), test('13', false)],
  },
  bytes,
)

it('counts both errors, a text that is only begun, and a schema that is refused', async () => {
  const engine = foretokenEngine(vocabulary(bytes), 'free')
  const times: number[] = []
  const verdict = await judge(small, engine, times)
  expect(verdict).toMatchObject({ falseAccepts: ['13'], falseRejects: ['9'] })
  expect(times).toHaveLength(6)
  const refused = await judge({ ...small, name: 'refused', schema: { $ref: '#/nowhere' } }, engine, times)
  expect(refused.compileError).toContain('nowhere')
  const right = await judge({ ...small, name: 'right', tests: small.tests.slice(0, 2) }, engine, times)
  expect([verdict, refused, right].map(isRight)).toEqual([false, false, true])
  const figures = summary([verdict, refused, right], [1, 2, 40_000])
  expect(figures).toMatchObject({ schemas: 3, falseAccepts: 1, falseRejects: 1, compileErrors: 1, maskMaxUs: 40_000 })
  expect(missedBars(figures)).toEqual(expect.arrayContaining(['falseAccepts = 0', 'maskMaxUs < 30000']))
  expect(
    slowest(
      [
        { ...right, maskMaxUs: 5 },
        { ...verdict, maskMaxUs: 9 },
      ],
      1,
    ).masks[0]!.name,
  ).toBe('small')
})

it('cuts texts into 128,000 tokens and spells them', async () => {
  const tokenizer = await maskTokenizer('128k', { model: 'none' })
  const text = '{"naïve": ["深い", 12345, "<|endoftext|>"]}'
  const tokens = Array.from(tokenizer.encode(text))
  expect(tokens.length).toBeLessThan(24)
  expect(Buffer.concat(tokens.map((id) => tokenizer.tokenBytes(id))).toString()).toBe(text)
  expect([tokenizer.vocabularySize, tokenizer.tokenBytes(127_999).length]).toEqual([128_000, 0])
  expect(new Set(Array.from({ length: 127_999 }, (_, id) => spellingOf(tokenizer, id))).size).toBe(127_999)
})

it('tells the share of the collector in the longest mask', async () => {
  const verdict = await judge(small, foretokenEngine(vocabulary(bytes), 'free'), [])
  const at = { ...verdict, maskMaxAtMs: 100, maskMaxUs: 5000 }
  const pauses = [
    { startTime: 90, duration: 11 },
    { startTime: 103, duration: 10 },
    { startTime: 200, duration: 1 },
  ]
  expect(withCollector([at], pauses)[0]!.maskMaxCollectorUs).toBeCloseTo(3000, 6)
  expect(verdict.maskMaxUs).toBeGreaterThan(0)
  const ended = watchCollector()
  collector()()
  expect((await ended()).length).toBeGreaterThan(0)
})

it('measures what a compiled schema holds', async () => {
  const large = { name: 'large', schema: { enum: Array.from({ length: 3000 }, (_, i) => `name ${i * 7919}`) } }
  const cases = [small, cutCase({ ...large, tests: [test('"name 7919"', true)] }, bytes)]
  const { figures, largest } = await measureMemory(
    cases.map((each) => () => each),
    () => foretokenEngine(vocabulary(bytes), 'free'),
  )
  expect(largest[0]!.name).toBe('large')
  expect(figures.schemaMemoryMaxKiB).toBeGreaterThan(50)
  expect(figures.peakResidentKiB).toBeGreaterThan(10_000)
})
