import { badOption, checkInteger, checkKeys, checkNumber, ForetokenError } from '@foretoken/core'
import { type Json, type ProcessorRecord, RECEIPT_VERSION, type Receipt, type ReceiptContent } from './content.ts'

type Fields = Readonly<Record<string, unknown>>

const CONTENT = ['receiptVersion', 'model', 'backend', 'prompt', 'options', 'method', 'output', 'fingerprint'] as const
const OPTIONS = ['temperature', 'processors', 'seed', 'maxTokens', 'stopTokens', 'stopStrings'] as const
const MOST_TOKENS = 2 ** 31 - 1

/**
 * Checks that a value, as from `JSON.parse`, is a receipt, and gives it with nothing else in it.
 * @throws BAD_OPTION naming the first field that is not as expected; UNSUPPORTED for another version.
 */
export function parseReceipt(value: unknown): Receipt {
  const { digest, ...content } = fields('receipt', value, [...CONTENT, 'digest'])
  return { ...parseContent('receipt', content), digest: text('digest', digest) }
}

/** The same for what stands under the digest. */
export function parseContent(name: string, value: unknown): ReceiptContent {
  const content = fields(name, value, CONTENT)
  checkVersion(content['receiptVersion'])
  const model = fields('model', content['model'], ['name', 'hashes'])
  const prompt = tokens('prompt', content['prompt'])
  if (prompt.length === 0) throw badOption('receipt', 'prompt', 'is empty', 'at least one token')
  const output = fields('output', content['output'], ['tokens', 'finishReason'])
  return {
    receiptVersion: RECEIPT_VERSION,
    model: { name: text('name', model['name']), hashes: record('hashes', model['hashes'], text) },
    backend: record('backend', content['backend'], textOrNumber),
    prompt,
    options: parseOptions(fields('options', content['options'], OPTIONS)),
    method: parseMethod(fields('method', content['method'], ['drafter', 'verifier', 'guarantee'])),
    output: {
      tokens: tokens('tokens', output['tokens']),
      finishReason: oneOf('finishReason', output['finishReason'], ['stop', 'length']),
    },
    fingerprint: text('fingerprint', content['fingerprint']),
  }
}

function checkVersion(version: unknown): void {
  if (version === RECEIPT_VERSION) return
  throw new ForetokenError(
    'UNSUPPORTED',
    `The receipt has the version ${JSON.stringify(version)}; ${RECEIPT_VERSION} was expected.`,
    { fix: 'Read it with the version of @foretoken/receipt that wrote it.', details: { version } },
  )
}

function parseOptions(options: Fields): ReceiptContent['options'] {
  const { temperature, seed, maxTokens } = options
  if (temperature === undefined) throw badOption('receipt', 'temperature', 'is missing', 'a number')
  checkNumber('receipt', 'temperature', temperature, 0)
  if (seed === undefined) throw badOption('receipt', 'seed', 'is missing', 'an integer')
  checkInteger('receipt', 'seed', seed, 0)
  if (maxTokens === undefined) throw badOption('receipt', 'maxTokens', 'is missing', 'an integer, or null')
  if (maxTokens !== null) checkInteger('receipt', 'maxTokens', maxTokens, 1)
  return {
    temperature: temperature as number,
    processors: list('processors', options['processors']).map(parseProcessor),
    seed: seed as number,
    maxTokens: maxTokens as number | null,
    stopTokens: tokens('stopTokens', options['stopTokens']),
    stopStrings: list('stopStrings', options['stopStrings']).map((stop) => text('stopStrings', stop)),
  }
}

function parseProcessor(value: unknown): ProcessorRecord {
  const processor = fields('processors', value, ['name', 'options'])
  return { name: text('name', processor['name']), options: json('options', processor['options']) }
}

function parseMethod(method: Fields): ReceiptContent['method'] {
  const name = (key: string): string | null => (method[key] === null ? null : text(key, method[key]))
  const guarantee = oneOf('guarantee', method['guarantee'], ['greedy-exact', 'lossless', 'lossy'])
  return { drafter: name('drafter'), verifier: name('verifier'), guarantee }
}

function fields(name: string, value: unknown, known: readonly string[]): Fields {
  const object = plainObject(name, value)
  checkKeys(name, object, known)
  return object
}

function plainObject(name: string, value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw badOption('receipt', name, `is ${shown(value)}`, 'an object')
}

function record<T>(
  name: string,
  value: unknown,
  each: (key: string, value: unknown) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(plainObject(name, value)).map(([key, entry]) => [key, each(key, entry)]))
}

function list(name: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw badOption('receipt', name, `is ${shown(value)}`, 'a list')
}

function tokens(name: string, value: unknown): readonly number[] {
  const all = list(name, value)
  for (const token of all) {
    if (token === undefined) throw badOption('receipt', name, 'holds undefined', 'token ids')
    checkInteger('receipt', name, token, 0, MOST_TOKENS)
  }
  return all as readonly number[]
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw badOption('receipt', name, `is ${shown(value)}`, 'text')
}

function textOrNumber(name: string, value: unknown): string | number {
  return typeof value === 'number' && Number.isFinite(value) ? value : text(name, value)
}

function oneOf<const T extends string>(name: string, value: unknown, known: readonly T[]): T {
  const found = known.find((each) => each === value)
  if (found !== undefined) return found
  throw badOption('receipt', name, `is ${shown(value)}`, `one of ${known.join(', ')}`)
}

/** A value that JSON gives back as it was. */
function json(name: string, value: unknown): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (Array.isArray(value)) return value.map((each) => json(name, each))
  if (typeof value === 'object' && value !== null) return record(name, value, json)
  throw badOption('receipt', name, `holds ${shown(value)}`, 'what JSON can hold')
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : (JSON.stringify(value)?.slice(0, 60) ?? typeof value)
}
