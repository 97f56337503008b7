import { constrain, type Matcher, vocabulary } from '@foretoken/constraint'
import { ForetokenError } from '@foretoken/core'
import { numbers } from '@foretoken/testkit'
import { describe, expect, it } from 'vitest'
import { keepsTo } from '../test/slow-review.ts'
import { javascriptRules } from './javascript.ts'
import { reviewCode } from './review.ts'
import type { CodeRule } from './rule.ts'
import { type SecureCodeOptions, secureCode } from './secure-code.ts'
import { solidityRules } from './solidity.ts'

const STOP = 256
const bytes = vocabulary({ vocabularySize: 257, tokenBytes: (id) => Uint8Array.of(id), stopTokens: [STOP] })
const utf8 = new TextEncoder()

function allows(options: SecureCodeOptions): (code: string) => boolean {
  const constraint = constrain(secureCode(options), bytes)
  return (code) => {
    const tokens = [...utf8.encode(code), STOP]
    return constraint.matcher().accepts(tokens) === tokens.length
  }
}

/** Rules of every kind with short patterns, so that random code often breaks them. */
const SHORT: readonly CodeRule[] = [
  { name: 'ban', why: '.', forbid: 'a\\s*b' },
  { name: 'excused', why: '.', forbid: 'c', unless: 'd' },
  { name: 'line', why: '.', unit: 'line', forbid: '^\\s*e|f\\s*$' },
  { name: 'function', why: '.', unit: 'function', forbid: 'a[^]*c', unless: 'n' },
  { name: 'string', why: '.', inStrings: true, forbid: 'x' },
  { name: 'line-string', why: '.', unit: 'line', inStrings: true, forbid: '"y', unless: 'z' },
]
/** Random codes of each kind. */
const CODES = 250
const PIECES = [
  ...[
    'a',
    'b',
    'c',
    'd',
    'e',
    'f',
    'n',
    'x',
    'y',
    'z',
    ' ',
    ' ',
    '\n',
    '\n',
    '"',
    "'",
    '`',
    '/',
    '/',
    '*',
    '//',
    '/*',
    '*/',
    '\\',
  ],
  ...[
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    ';',
    ';',
    '=',
    '=>',
    '+',
    '-',
    '.',
    ',',
    '${',
    '.c{',
    'function',
    'return',
    'typeof ',
    'é',
    '1',
  ],
]

function randomCode(next: () => number, pieces: readonly string[], most: number): string {
  return Array.from({ length: 1 + Math.floor(next() * most) }, () => pieces[Math.floor(next() * pieces.length)]).join(
    '',
  )
}

for (const language of ['solidity', 'javascript'] as const) {
  it(`allows exactly what keeps to the rules, by a slow reading of ${language}`, () => {
    const next = numbers(language.length)
    for (const rules of [SHORT, [...SHORT, { name: 'needed', why: '.', unit: 'text', require: '[ad;(=]' } as const]]) {
      const isAllowed = allows({ language, rules })
      const counts = { allowed: 0, refused: 0 }
      for (let i = 0; i < CODES; i++) {
        const code = randomCode(next, PIECES, 26)
        const expected = keepsTo(rules, code, language) ?? false
        expect({ code, isAllowed: isAllowed(code) }).toEqual({ code, isAllowed: expected })
        expect({ code, isClean: reviewCode(code, { language, rules }).length === 0 }).toEqual({
          code,
          isClean: expected,
        })
        counts[expected ? 'allowed' : 'refused']++
      }
      expect(Math.min(counts.allowed, counts.refused)).toBeGreaterThan(CODES / 8)
    }
  })

  it(`never leads into a dead end, and ends in ${language} that keeps to the rules`, () => {
    const rules = [...SHORT, { name: 'needed', why: '.', unit: 'text', require: 'ok' } as const]
    const constraint = constrain(secureCode({ language, rules }), bytes)
    const next = numbers(3)
    for (let walk = 0; walk < 20; walk++) {
      const matcher = constraint.matcher()
      const written = randomWalk(matcher, next, 40)
      const ended = new TextDecoder().decode(Uint8Array.from([...written, ...finish(matcher)]))
      expect({ ended, isKept: keepsTo(rules, ended, language) }).toEqual({ ended, isKept: true })
    }
  })
}

it('allows the same whatever was asked of the same rules before', () => {
  const texts = ['function f() { if (tx', 'a.call{', '// tx', 'x = "', 'function g', 'y = keccak256(abi.']
  const words = ['.origin', 'value', ' public', 'encodePacked(a,', '\n', '"', ' external', ';', 'assembly {']
  const fresh = (before: string) => {
    const own = vocabulary({ vocabularySize: 257, tokenBytes: (id) => Uint8Array.of(id), stopTokens: [STOP] })
    return constrain(secureCode({ language: 'solidity', before }), own)
  }
  for (const before of [...texts, ...texts.toReversed()]) {
    const shared = constrain(secureCode({ language: 'solidity', before }), bytes).matcher()
    const alone = fresh(before).matcher()
    expect([...shared.mask()]).toEqual([...alone.mask()])
    for (const word of words) expect(shared.accepts(utf8.encode(word))).toBe(alone.accepts(utf8.encode(word)))
  }
})

/** Follows the mask, as a rule along a piece that is often met. */
function randomWalk(matcher: Matcher, next: () => number, length: number): number[] {
  const written: number[] = []
  while (written.length < length) {
    const allowed = [...Array(256).keys()].filter((id) => matcher.isAllowed(id))
    expect(allowed.length).toBeGreaterThan(0)
    // Masks step by classes of bytes, and single tokens do not.
    const mask = matcher.mask()
    expect([...Array(256).keys()].filter((id) => (mask[id >> 5]! & (1 << (id & 31))) !== 0)).toEqual(allowed)
    const piece = utf8.encode(PIECES[Math.floor(next() * PIECES.length)])
    const tokens =
      matcher.accepts(piece) === piece.length ? [...piece] : [allowed[Math.floor(next() * allowed.length)]!]
    for (const token of tokens) matcher.advance(token)
    written.push(...tokens)
  }
  return written
}

/** The shortest way to where the text may end; a wrong promise of the mask leaves none. */
function finish(from: Matcher): number[] {
  let ways: { matcher: Matcher; way: number[] }[] = [{ matcher: from.fork(), way: [] }]
  const pieces = [' d n z ok ', 'ok', 'd', 'n', 'z', '"', "'", '`', '*/', '/', '\n', ';', '}', ' ']
  const tries = [...pieces.map((piece) => utf8.encode(piece)), ...[0x80, 0x90, 0xa0].map((byte) => Uint8Array.of(byte))]
  for (let depth = 0; depth < 6; depth++) {
    const ready = ways.find(({ matcher }) => matcher.isComplete)
    if (ready) return ready.way
    ways = ways
      .flatMap(({ matcher, way }) =>
        tries.flatMap((piece) => {
          const longer = matcher.fork()
          if (longer.accepts(piece) < piece.length) return []
          for (const byte of piece) longer.advance(byte)
          return [{ matcher: longer, way: [...way, ...piece] }]
        }),
      )
      .slice(0, 2000)
  }
  throw new Error('The text cannot be ended.')
}

describe('rules of Solidity', () => {
  const isAllowed = allows({ language: 'solidity' })
  it.each([
    ['tx-origin', 'require(tx . origin == owner);', 'require(msg.sender == owner); // tx.origin'],
    ['selfdestruct', 'selfdestruct(payable(a));', 'string s = "selfdestruct(a)";'],
    ['delegatecall', 'a.delegatecall(data);', 'a.delegatecalled;'],
    ['unchecked-call', 'if (x) a.call{value: 1}("");', '(bool ok, ) = a.call{value: 1}(""); if (!a.send(1)) revert();'],
    [
      'reentrancy',
      'function w() public { (bool ok, ) = m.call{value: b[m]}(""); b[m] = 0; }',
      'function w() public { uint v = b[m]; b[m] = 0; (bool ok, ) = m.call{value: v}(""); } function g() public { b[m] = 1; }',
    ],
    ['weak-randomness', 'uint r = uint(keccak256(abi.encode(block.timestamp)));', 'require(block.timestamp > end);'],
    ['packed-hash', 'keccak256(abi.encodePacked(f(a, b), c));', 'keccak256(abi.encodePacked(f(a, b)));'],
    ['floating-pragma', 'pragma solidity ^0.8.0;', 'pragma solidity 0.8.20;'],
    ['default-visibility', 'function f(uint a) {', 'function f(uint a) external {'],
    ['assembly', 'assembly { sstore(0, 1) }', 'uint assemblyLine;'],
  ])('%s', (name, bad, good) => {
    expect(reviewCode(bad, { language: 'solidity' }).map(({ rule }) => rule.name)).toEqual([name])
    expect([isAllowed(bad), isAllowed(good)]).toEqual([false, true])
    expect([keepsTo(solidityRules, bad, 'solidity'), keepsTo(solidityRules, good, 'solidity')]).toEqual([false, true])
  })
})

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: this is code under test.
describe('rules of JavaScript', () => {
  const isAllowed = allows({ language: 'javascript' })
  it.each([
    ['eval', 'eval/* */(x)', 'evaluate(x) // eval(x)'],
    ['eval', "`it's ${eval(x)}`", "`it's eval(x)`"],
    ['eval', 'return /"/.test(a) || new Function("b")', 'return a / b // "'],
    ['text-timer', 'setTimeout ( "f()", 1)', 'setTimeout(f, 1)'],
    ['raw-html', 'a.innerHTML += b', 'if (a.innerHTML === b) a.textContent = b'],
    ['shell', "child_process.exec('ls ' + a)", "execFile('ls', [a]); /a/.exec(b)"],
    ['sql-text', 'db.query("SELECT * FROM t WHERE a = \'" + a + "\'")', 'db.query("SELECT * FROM t WHERE a = ?", [a])'],
    ['sql-text', 'db.query(`select * from t where a = ${a}`)', 'f(`selected ${a}`)'],
    ['weak-hash', 'createHash("MD5")', 'createHash("sha256") // md5'],
    ['weak-randomness', 'const sessionToken = String(Math.random())', 'const color = Math.random()'],
    ['tls-unchecked', '({ rejectUnauthorized: false })', '({ rejectUnauthorized: true })'],
    ['prototype-pollution', 'a["__proto__"].b = 1', 'a.proto = 1'],
    ['written-secret', 'const apiKey = "abc"', 'const apiKey = process.env.KEY'],
    ['disguise', 'ev\\u0061l(x)', 'f("\\u0061") // <!-- x'],
  ])('%s', (name, bad, good) => {
    expect(reviewCode(bad, { language: 'javascript' }).map(({ rule }) => rule.name)).toEqual([name])
    expect([isAllowed(bad), isAllowed(good)]).toEqual([false, true])
    expect([keepsTo(javascriptRules, bad, 'javascript'), keepsTo(javascriptRules, good, 'javascript')]).toEqual([
      false,
      true,
    ])
  })
})

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above.
it('goes on where the code before it stopped', () => {
  const before = 'function w() external { (bool ok, ) = m.call{value: 1}("");'
  expect(allows({ language: 'solidity', before })(' b[m] = 0; }')).toBe(false)
  expect(allows({ language: 'solidity', before })(' } function g() external { b[m] = 0; }')).toBe(true)
  expect(allows({ language: 'javascript', before: 'ev' })('al(x)')).toBe(false)
  expect(allows({ language: 'javascript', before: '/* ' })('eval(x) */')).toBe(true)
  expect(allows({ language: 'javascript', before: 'eval(x);\n' })('f(x)')).toBe(true)
  expect(() => allows({ language: 'javascript', before: 'eval(' })).toThrow(/statement that is open .* breaks/)
})

it('keeps hidden characters out, and reports them', () => {
  const isAllowed = allows({ language: 'plain' })
  expect(['a\u202eb', 'a\u2028b', 'a\u200bb', 'aéb', 'a\tb\r\n'].map(isAllowed)).toEqual([
    false,
    false,
    false,
    true,
    true,
  ])
  expect(reviewCode('a\nb\u202e', { language: 'plain' })).toMatchObject([
    { line: 2, rule: { name: 'hidden-character' } },
  ])
})

it('reports lines', () => {
  const code = 'contract A {\n  function f()\n    external {\n    require(\n      tx.origin == a);\n  }\n}\n'
  expect(reviewCode(code, { language: 'solidity' })).toMatchObject([
    { rule: { name: 'tx-origin' }, line: 4, endLine: 5, text: 'require(\n      tx.origin' },
  ])
})

it('refuses what it cannot enforce, by name', () => {
  const rule = { name: 'r', why: 'w', forbid: 'a' }
  const refusal = (rules: unknown, extra: object = {}): string => {
    try {
      allows({ language: 'plain', rules, ...extra } as SecureCodeOptions)
    } catch (error) {
      if (ForetokenError.is(error)) return `${error.code} ${error.message}`
      throw error
    }
    return 'accepted'
  }
  expect(refusal([{ ...rule, forbid: '(a)\\1' }])).toMatch(/^UNSUPPORTED .*\(a\)\\1/)
  expect(refusal([{ ...rule, forbid: '(a' }])).toMatch(/^BAD_OPTION/)
  expect(refusal([{ ...rule, forbid: '' }])).toMatch(/^BAD_OPTION .*rules\[0\]\.forbid/)
  expect(refusal([{ ...rule, forbid: 'a*' }])).toMatch(/^BAD_OPTION .*the rule r allow/)
  expect(refusal([{ ...rule, forbids: 'a' }])).toMatch(/^BAD_OPTION .*forbids/)
  expect(refusal([{ ...rule, unit: 'word' }])).toMatch(/^BAD_OPTION .*line, statement, function, text/)
  expect(refusal([{ name: 'r', why: 'w' }])).toMatch(/^BAD_OPTION .*forbids and requires nothing/)
  expect(refusal([{ name: 'r', why: 'w', require: 'a', unless: 'b' }])).toMatch(/^BAD_OPTION .*unless/)
  expect(refusal([rule, rule])).toMatch(/^BAD_OPTION .*a second time/)
  expect(refusal([null])).toMatch(/^BAD_OPTION .*rules\[0\]/)
  expect(refusal([], { language: 'cobol' })).toMatch(/^BAD_OPTION .*solidity, javascript, plain/)
  expect(refusal([], { before: '('.repeat(40) })).toBe('accepted')
  expect(refusal([], { language: 'javascript', before: '({a:'.repeat(40) })).toMatch(/^BAD_OPTION .*16 levels/)
})
