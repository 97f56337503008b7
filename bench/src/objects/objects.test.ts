import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { findingsOf } from './findings.ts'
import { type Attempt, openAttempts } from './generations.ts'
import { judgeOf } from './judge.ts'
import { figuresOf, standardError } from './summary.ts'

it('judges in the draft of the schema, formats included', () => {
  const verdict = (schema: object, value: never | unknown): string | undefined => {
    const judge = judgeOf(schema as never)
    if (typeof judge !== 'function') throw new Error(judge.refusal)
    return judge(value as never)
  }
  const limit = { maximum: 5, exclusiveMaximum: true }
  expect(verdict({ $schema: 'http://json-schema.org/draft-04/schema#', ...limit }, 5)).toContain('must be < 5')
  expect(verdict({ $schema: 'http://json-schema.org/draft-07/schema', items: [{ type: 'null' }] }, [1])).toContain(
    'null',
  )
  expect(verdict({ prefixItems: [{ format: 'date' }] }, ['2023-02-29'])).toContain('"date"')
  expect(verdict({ id: 'http://x/y', type: 'object' }, {})).toBeUndefined()
  const twice = { a: { id: 'http://x/a', type: 'null' }, b: { id: 'http://x/a', type: 'string' } }
  const old = { $schema: 'http://json-schema.org/draft-04/schema#', id: 'http://x', properties: twice }
  expect(verdict(old, { a: null, b: 1 })).toContain('must be string')
  expect(verdict({ properties: { id: { id: 'id', enum: [{ id: 'x' }] } } }, { id: { id: 'x' } })).toBeUndefined()
  const below = { a: { id: 'http://x/a', items: { $ref: '#' } }, b: { id: 'http://x/a' } }
  expect(judgeOf({ ...old, properties: below })).toHaveProperty('refusal')
  expect(judgeOf({ $ref: '#/nowhere' })).toMatchObject({ refusal: expect.stringContaining('nowhere') })
})

const attempt = (number: number, outcome: Attempt['outcome'], refused: Attempt['refused'] = []): Attempt => ({
  number,
  mode: number % 2 === 0 ? 'plain' : 'drafted',
  layout: 'free',
  schema: `s${number}`,
  outcome,
  refused,
  tokens: 10,
  rounds: 5,
  drafted: 4,
  accepted: 3,
  ms: 110,
  firstMs: 10,
})

it('goes on where a run was left, and refuses the file of another', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-objects-'))
  try {
    const file = join(folder, 'state.jsonl')
    const first = await openAttempts(file, { seed: 1 }, false)
    await first.add(attempt(0, 'valid'))
    await first.add(attempt(1, 'incomplete'))
    await appendFile(file, '{"number":2,"mo')
    const again = await openAttempts(file, { seed: 1 }, false)
    expect([...again.done.keys()]).toEqual([0, 1])
    await again.add(attempt(2, 'invalid'))
    expect([...(await openAttempts(file, { seed: 1 }, false)).done.keys()]).toEqual([0, 1, 2])
    await expect(openAttempts(file, { seed: 2 }, false)).rejects.toThrow('holds another run')
    expect((await openAttempts(file, { seed: 2 }, true)).done.size).toBe(0)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

it('counts coverage and compliance as JSONSchemaBench does', () => {
  const refused = [{ schema: 'r', why: 'no' }]
  const all = [attempt(0, 'valid', refused), attempt(1, 'incomplete'), attempt(2, 'invalid'), attempt(3, 'exception')]
  const figures = figuresOf(all)
  expect(figures).toMatchObject({ generations: 4, valid: 1, incomplete: 1, invalid: 1, exceptions: 1, drawn: 5 })
  expect(figures).toMatchObject({ declaredCoverage: 0.8, empiricalCoverage: 0.2, complianceRate: 0.25 })
  expect(figures.complianceOfFinished).toBe(0.5)
  expect(figures.modes).toMatchObject([
    { mode: 'plain', tokensPerSecond: 100 },
    { mode: 'drafted', valid: 0 },
  ])
})

it('puts the three metrics of every model beside each other, and says which of them goes on', () => {
  const refused = [{ schema: 'r', why: 'no' }]
  const whole = { model: 'a', wanted: 2, attempts: [attempt(0, 'valid', refused), attempt(1, 'valid')] }
  const cut = { model: 'b', wanted: 3, attempts: [attempt(0, 'incomplete'), attempt(1, 'valid')] }
  const { text, brief, chart, holds } = findingsOf({}, [whole, cut])
  expect(brief).toMatchObject({
    models: [
      { model: 'a', declaredCoverage: 2 / 3, empiricalCoverage: 2 / 3, complianceRate: 1, isWhole: true },
      { model: 'b', declaredCoverage: 1, empiricalCoverage: 0.5, complianceRate: 0.5, isWhole: false },
    ],
  })
  expect(text).toMatch(/^a +2 +3 +0\.667 +0\.272 +0\.667 +0\.272 +1\.000/m)
  expect(text).toContain('b: 2 of 3 are done')
  expect(text).not.toContain('a: 2 of 2')
  expect((chart!['data'] as { values: unknown[] }).values).toHaveLength(6)
  expect([holds, findingsOf({}, [{ ...whole, attempts: [attempt(0, 'invalid')] }]).holds]).toEqual([true, false])
  expect([standardError(0.5, 100), standardError(1, 0)]).toEqual([0.05, 0])
})
