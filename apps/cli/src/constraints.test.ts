import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Tokenizer } from '@foretoken/checkpoint'
import type { Constraint } from '@foretoken/constraint'
import { ForetokenError } from '@foretoken/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { foretoken } from './child.ts'
import { type ConstraintOptions, constraintOf, isWhole, readConstraint } from './constraints.ts'

let folder = ''
const file = (name: string): string => join(folder, name)
const run = (...args: string[]) => foretoken(folder, ['run', '--max-tokens', '80', ...args])

const schema = {
  type: 'object',
  properties: { name: { type: 'string', maxLength: 8 }, age: { type: 'integer', minimum: 0, maximum: 99 } },
  required: ['name', 'age'],
  additionalProperties: false,
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foretoken-constraints-'))
  await writeFile(file('schema.json'), JSON.stringify(schema))
  await writeFile(file('sums.txt'), 'root ::= [0-9] ("+" [0-9])+')
  await writeFile(file('sums.lark'), 'start: D ("+" D)+\nD: /[0-9]/')
  await writeFile(file('broken.json'), '{')
  const rule = { name: 'no-e', why: 'For the test.', unit: 'text', inStrings: true, forbid: '[ei]' }
  await writeFile(file('rules.json'), JSON.stringify([rule]))
  await writeFile(file('wrong-rules.json'), JSON.stringify([{ ...rule, forbids: 'x' }]))
  await writeFile(file('hard.json'), JSON.stringify({ $recursiveRef: '#' }))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function json(...args: string[]): Promise<Record<string, unknown> & { text: string }> {
  const { code, stdout, stderr } = await run('--json', ...args)
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

describe('a constraint', () => {
  it.each([
    ['--drafter', 'auto'],
    ['--drafter', 'forced', '--compare'],
    ['--drafter', 'token-recycling', '--verifier', 'exact-match', '--compare'],
  ])('of a schema holds with %s %s', async (...args) => {
    const { text, ...told } = await json('--schema', file('schema.json'), '--temperature', '1', ...args, 'One day')
    expect(told).toMatchObject({ constraint: 'JSON Schema', isComplete: true, guarantee: 'lossless' })
    const { name, age } = JSON.parse(text)
    expect([typeof name, Number.isInteger(age)]).toEqual(['string', true])
    if (args.includes('exact-match')) expect(told['compare']).toMatchObject({ identical: true })
  })

  it('says that a text was cut', async () => {
    const told = await json('--schema', file('schema.json'), '--max-tokens', '5', 'One day')
    expect(told).toMatchObject({ isComplete: false, finishReason: 'length' })
    const { stderr } = await run('--schema', file('schema.json'), '--max-tokens', '5', 'One day')
    expect(stderr).toContain('not complete')
  })

  it('explains which drafted tokens it refused, and what was allowed', async () => {
    const args = ['--regex', '[0-9]{4}', '--drafter', 'token-recycling', '--explain', 'Once']
    const { refusals } = await json(...args)
    expect(refusals).toContainEqual(
      expect.objectContaining({
        constraint: 'the pattern [0-9]{4}',
        drafter: 'token-recycling',
        position: expect.any(Number),
        text: expect.any(String),
        after: expect.stringMatching(/^\d+$/),
        allowed: expect.any(Number),
        examples: expect.any(Array),
      }),
    )
    const { stderr } = await run(...args)
    expect(stderr).toMatch(/the pattern \[0-9\]\{4\} refused .*token/)
    expect(stderr).toMatch(/of token-recycling after "\d+": \d+ tokens could follow, such as "/)
  })

  it.each([
    ['--schema', 'schema.json', '{', 'JSON Schema'],
    ['--grammar', 'sums.txt', '0-9', 'GBNF'],
  ])('explains with %s %s what the model wanted, and why it does not fit', async (option, name, first, constraint) => {
    const { refusals, text } = await json(option, file(name), '--drafter', 'none', '--explain', 'Once')
    const all = refusals as { position: number; drafter: string; text: string; reason: string; after: string }[]
    expect(new Set(all.map(({ drafter }) => drafter))).toEqual(new Set(['the model']))
    const where = first === '0-9' ? first : JSON.stringify(first)
    expect(all[0]).toMatchObject({ position: 0, after: '' })
    expect(all[0]!.reason).toBe(`${JSON.stringify([...all[0]!.text][0])} cannot stand where ${where} must`)
    // Each stands behind what was written, once.
    expect(all.every(({ after }) => text.includes(after))).toBe(true)
    expect(new Set(all.map(({ position }) => position)).size).toBe(all.length)
    const { stderr } = await run(option, file(name), '--drafter', 'none', '--explain', 'Once')
    expect(stderr).toContain(constraint)
    expect(stderr).toContain(`of the model at the beginning: `)
    expect(stderr).toContain(all[0]!.reason)
  })

  it('tells with drafts what the model wanted along the text, and nothing of what was dropped', async () => {
    const args = ['--schema', file('schema.json'), '--explain', 'Once']
    const wanted = async (...drafter: string[]): Promise<unknown> => {
      const { refusals } = await json(...args, ...drafter)
      const all = refusals as { drafter: string; position: number; token: number; reason: string }[]
      return all.filter(({ drafter: by }) => by === 'the model').map((each) => [each.position, each.token, each.reason])
    }
    const plain = await wanted('--drafter', 'none')
    expect(await wanted('--drafter', 'token-recycling')).toEqual(plain)
  })

  it('of rules keeps weaknesses out of code, from where the prompt ends, in a receipt as well', async () => {
    const receipt = file('secure.json')
    const args = ['--secure', 'javascript', '--secure-rules', file('rules.json'), '--raw', '--temperature', '1']
    const { text } = await json(...args, '--max-tokens', '40', '--receipt', receipt, 'const story = "')
    expect(text).not.toMatch(/[ei]/)
    const { code, stderr } = await foretoken(folder, ['verify', receipt])
    expect(code, stderr).toBe(0)
    const broken = await run('--secure', 'javascript', '--raw', 'eval(')
    expect([broken.code, broken.stderr]).toEqual([1, expect.stringContaining('breaks one of the rules')])
  })

  it('is kept in a receipt that verifies', async () => {
    const receipt = file('receipt.json')
    await json('--choice', 'red,green', '--temperature', '1', '--receipt', receipt, 'One day')
    const { code, stderr } = await foretoken(folder, ['verify', receipt])
    expect(code, stderr).toBe(0)
  })
})

it.each([
  [['--drafter', 'forced'], 'forced has no grammar'],
  [['--regex', '(a)\\1', '--drafter', 'none'], 'backreference'],
  [['--drafter', 'none', '--explain'], '--explain'],
])('%j is refused with words', async (args, words) => {
  const { code, stdout, stderr } = await run(...args, 'One day')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain(words)
  expect(stderr).not.toMatch(/^\s+at /m)
})

describe('reading a constraint', () => {
  const bytes = {
    vocabularySize: 257,
    stopTokens: Int32Array.of(256),
    tokenBytes: (id: number) => Uint8Array.of(id),
  } as unknown as Tokenizer
  const compile = async (options: ConstraintOptions): Promise<Constraint> =>
    constraintOf((await readConstraint(options))!, bytes)
  const inFolder = (options: ConstraintOptions): ConstraintOptions => ({
    ...options,
    ...(options.schema && { schema: file(options.schema) }),
    ...(options.grammar && { grammar: file(options.grammar) }),
    ...(options.secureRules && { secureRules: file(options.secureRules) }),
  })

  it.each<[ConstraintOptions, string, string]>([
    [{ regex: String.raw`\d{3}-[a-c]` }, '123-a', '123-d'],
    [{ choice: 'yes, no,perhaps' }, 'no', ' no'],
    [{ grammar: 'sums.txt' }, '1+2+3', '1'],
    [{ grammar: 'sums.lark' }, '1+2+3', '1'],
    [{ schema: 'schema.json' }, '{"name": "a", "age": 1}', '{"name": "a"}'],
    [{ secure: 'solidity' }, 'require(msg.sender == owner);', 'require(tx.origin == owner);'],
    [{ secure: 'javascript' }, 'run("eval(")', 'eval("run")'],
    [{ secure: 'plain', secureRules: 'rules.json' }, 'a = 1;', 'e = 1;'],
    [{ secure: 'javascript', secureRules: 'rules.json' }, 'a = 1;', 'b = "e"'],
  ])('%j holds', async (options, right, wrong) => {
    const constraint = await compile(inFolder(options))
    const isAccepted = (text: string): boolean =>
      isWhole(constraint, Int32Array.from([...new TextEncoder().encode(text), 256]))
    expect([isAccepted(right), isAccepted(wrong)]).toEqual([true, false])
  })

  it.each<[ConstraintOptions, string]>([
    [{ schema: 'absent.json' }, 'cannot be read'],
    [{ schema: 'broken.json' }, 'is no JSON'],
    [{ schema: 'hard.json' }, '$recursiveRef at the top cannot be enforced'],
    [{ regex: '(', choice: 'a' }, 'stands beside --regex'],
    [{ choice: 'a,,b' }, 'none of them empty'],
    [{ grammar: 'broken.json' }, 'grammar'],
    [{ secure: 'cobol' }, 'solidity, javascript, plain'],
    [{ secure: 'plain', choice: 'a' }, 'stands beside --choice'],
    [{ secureRules: 'rules.json' }, '--secure with a language'],
    [{ secure: 'plain', secureRules: 'absent.json' }, 'cannot be read'],
    [{ secure: 'plain', secureRules: 'broken.json' }, 'is no JSON'],
    [{ secure: 'plain', secureRules: 'schema.json' }, 'no list'],
    [{ secure: 'plain', secureRules: 'wrong-rules.json' }, 'forbids'],
  ])('%j is refused', async (options, words) => {
    const error = await compile(inFolder(options)).catch((reason: unknown) => reason)
    expect(ForetokenError.is(error)).toBe(true)
    expect((error as Error).message).toContain(words)
  })

  it('knows what is whole', async () => {
    const constraint = await compile({ regex: 'ab+' })
    const whole = (text: string): boolean => isWhole(constraint, Int32Array.from(new TextEncoder().encode(text)))
    // More may follow, or what is there is no text of it.
    expect([whole('ab'), whole('b'), isWhole(await compile({ choice: 'a' }), Int32Array.of(97))]).toEqual([
      false,
      false,
      true,
    ])
  })
})
