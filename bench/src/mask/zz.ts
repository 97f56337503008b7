import { constrain, vocabulary } from '@foretoken/constraint'
import { jsonSchema } from '@foretoken/constraint-json-schema'
import { maskTokenizer } from './vocabularies.ts'

const tok = await maskTokenizer('128k', {} as any)
const enc = (s: string) => tok.encode(s)
const time = (words: any, schema: any, text: string) => {
  const c = constrain(jsonSchema(schema, {}), words)
  const m = c.matcher()
  const out: string[] = []
  for (const t of [...enc(text)]) { const t0 = performance.now(); m.mask(); out.push((performance.now() - t0).toFixed(1)); m.advance(t) }
  const t0 = performance.now(); m.mask(); out.push((performance.now() - t0).toFixed(1))
  return out.join(' ')
}
const S = (s: any) => ({ type: 'array', items: s })
const cases: [string, any, string][] = [
  ['string', { type: 'string' }, '["ab'],
  ['object', { type: 'object', properties: {a: {type: ['string','null']}}, required: ['a'] }, '{"a": "x"'],
  ['min3', { type: 'string', minLength: 3 }, '["abc'],
  ['max4', { type: 'string', maxLength: 4 }, '["abcd'],
  ['min1max5', { type: 'string', minLength: 1, maxLength: 5 }, '["abcd'],
  ['max63', { type: 'string', maxLength: 63 }, '["abcd'],
  ['min1', { type: 'string', minLength: 1 }, '["abcd'],
  ['pat1', { type: 'string', pattern: '^.{1,4}$' }, '["abcd'],
  ['pat2', { type: 'string', pattern: '^[a-zA-Z0-9_.-]+$' }, '["abcd'],
  ['pat3', { type: 'string', pattern: '\\S' }, '["  abcd'],
  ['pat4', { type: 'string', pattern: 'abc' }, '["  abcd'],
  ['uri', { type: 'string', format: 'uri' }, '["http://abcd'],
  ['date', { type: 'string', format: 'date-time' }, '["2020-01-02'],
  ['enum', { not: {enum: ['abc','abd']} , type: 'string'}, '["ab'],
]
for (let round = 0; round < 4; round++) {
  const words = vocabulary(tok)
  console.log('--- vocabulary', round)
  for (const [n, s, t] of cases) console.log(n.padEnd(10), time(words, n === 'object' ? s : S(s), t))
}
