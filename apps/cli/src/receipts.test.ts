import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Receipt } from '@foretoken/receipt'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { foretoken } from './child.ts'

let folder = ''
let written: Receipt
const file = (name: string): string => join(folder, `${name}.json`)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foretoken-receipts-'))
  const sampling = ['--temperature', '0.9', '--top-p', '0.95', '--seed', '5']
  const receipt = ['--max-tokens', '21', '--receipt', file('whole')]
  const { code, stderr } = await foretoken(folder, ['run', ...sampling, ...receipt, 'Once upon a time'])
  expect(code, stderr).toBe(0)
  written = JSON.parse(await readFile(file('whole'), 'utf8')) as Receipt
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function verified(name: string, receipt: unknown): Promise<{ code: number; told: Record<string, unknown> }> {
  await writeFile(file(name), JSON.stringify(receipt))
  const { code, stdout, stderr } = await foretoken(folder, ['verify', '--json', file(name)])
  expect(stdout, stderr).not.toBe('')
  return { code, told: JSON.parse(stdout) }
}

it('verifies what a run wrote', async () => {
  const { code, told } = await verified('copy', written)
  expect([code, told['verdict'], told['followed']]).toEqual([0, 'follows', written.output.tokens.length])
})

it.each(['first', 'middle', 'last'])('refuses another %s token there', async (name) => {
  const { tokens } = written.output
  const index = { first: 0, middle: tokens.length >> 1, last: tokens.length - 1 }[name]!
  const changed = tokens.with(index, tokens[index]! + (tokens[index]! > 9 ? -1 : 1))
  const { code, told } = await verified(name, { ...written, output: { ...written.output, tokens: changed } })
  expect([code, told['verdict'], told['followed']]).toEqual([1, 'refused', index])
  expect(told['refusal']).toMatchObject({ place: 'token', index, expected: tokens[index], found: changed[index] })
})

it.each<[string, (receipt: Receipt) => object]>([
  ['seed', ({ options }) => ({ options: { ...options, seed: 6 } })],
  ['temperature', ({ options }) => ({ options: { ...options, temperature: 2 } })],
  ['top-p', ({ options }) => ({ options: { ...options, processors: [{ name: 'top-p', options: 0.05 }] } })],
  ['prompt token', ({ prompt }) => ({ prompt: prompt.with(-1, 40) })],
])('refuses another %s', async (name, change) => {
  const { code, told } = await verified(name, { ...written, ...change(written) })
  expect([code, told['verdict']]).toEqual([1, 'refused'])
  expect(told['refusal']).toMatchObject({ place: 'token' })
})
