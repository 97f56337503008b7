import { constrain, type Grammar, vocabulary } from '@foretoken/constraint'
import { expect, it } from 'vitest'
import { gbnf, lark } from './grammar.ts'

const bytes = vocabulary({ vocabularySize: 257, tokenBytes: (id) => Uint8Array.of(id), stopTokens: [256] })

function acceptor(grammar: Grammar): (text: string) => boolean {
  const constraint = constrain(grammar, bytes)
  return (text) => {
    const tokens = [...new TextEncoder().encode(text), 256]
    return constraint.matcher().accepts(tokens) === tokens.length
  }
}

it('follows a GBNF grammar', () => {
  const accepts = acceptor(
    gbnf(`
# sums
root  ::= sum "\\n"
sum   ::= term ("+" term | "-" term)*
term  ::= number | "(" sum ")"
number ::= [1-9] [0-9]{0,2} | "0" | [^\\x00-\\x7f]
`),
  )
  expect(['1+2\n', '((1)-20)\n', '0\n', 'é\n'].map(accepts)).toEqual([true, true, true, true])
  expect(['1+\n', '(1\n', '01\n', '1234\n', '1+2'].map(accepts)).toEqual([false, false, false, false, false])
})

it('follows a Lark grammar with ignored blanks and left recursion', () => {
  const accepts = acceptor(
    lark(`
start: sum -> whole
sum: sum "+" product | product   // left recursion
?product: product "*" atom | atom
atom: NUMBER | "(" sum ")" | "pi"i
NUMBER: /[0-9]+/ ["." DIGIT ~ 1..3]
DIGIT: "0".."9"
WS: / +/
%ignore WS
`),
  )
  expect(['1+2*3', ' ( 1.25 + PI ) * 7', 'pI'].map(accepts)).toEqual([true, true, true])
  expect(['1 2', '1.', '1. 5', '1+', '(1'].map(accepts)).toEqual([false, false, false, false, false])
})

it('drops alternatives that never end', () => {
  const accepts = acceptor(gbnf('root ::= "a" loop | "b"\nloop ::= "x" loop'))
  expect(['b', 'a', 'ax'].map(accepts)).toEqual([true, false, false])
  expect(() => gbnf('root ::= "x" root')).toThrow(/never ends/)
})

it('names what it does not understand', () => {
  expect(() => gbnf('root ::= (a')).toThrow(/not closed/)
  expect(() => gbnf('root ::= other')).toThrow(/no rule other/)
  expect(() => gbnf('top ::= "a"')).toThrow(/no rule root/)
  expect(() => gbnf('root ::= "a"\nroot ::= "b"')).toThrow(/line 2/)
  expect(() => lark('start: "a"\n%import common.WS')).toThrow(/%ignore/)
  expect(() => acceptor(gbnf('root ::= a | "x"\na ::= b "y" | "z"\nb ::= a "w" | "v"'))('x')).toThrow(/leads to itself/)
})

it('ends hostile grammars within limits, or reads them', () => {
  const chain = (count: number, last: string): string =>
    Array.from(
      { length: count },
      (_, i) => `${i === 0 ? 'root' : `r${i}`} ::= "a" ${i === count - 1 ? last : `r${i + 1}`}`,
    ).join('\n')
  expect(acceptor(gbnf(chain(500, '"b"')))(`${'a'.repeat(500)}b`)).toBe(true)
  expect(acceptor(gbnf(chain(3000, 'root | "b"')))(`${'a'.repeat(5999)}b`)).toBe(true)
  expect(() => acceptor(gbnf(chain(20_000, '"b"')))('b')).toThrow(/nested too deeply/)
  const doubled = (count: number): string =>
    Array.from(
      { length: count },
      (_, i) => `${i === 0 ? 'root' : `r${i}`} ::= ${i === count - 1 ? '"a"' : `r${i + 1} r${i + 1}`}`,
    ).join('\n')
  expect(acceptor(gbnf(doubled(11)))('a'.repeat(1024))).toBe(true)
  expect(() => acceptor(gbnf(doubled(60)))('a')).toThrow(/more than 400000 regexes/)
  const counted = acceptor(gbnf('root ::= x{2,1000000000} "."\nx ::= "a" x? "b"'))
  expect(['ab.', 'abab.', 'abaabbab.'].map(counted)).toEqual([false, true, true])
  expect(['a', 'aa', 'aaa', 'aaaa'].map(acceptor(gbnf('root ::= x{2,3}\nx ::= "a" | "(" x ")"')))).toEqual([
    false,
    true,
    true,
    false,
  ])
  expect(() => gbnf(`root ::= ${'('.repeat(20_000)}"a"${')'.repeat(20_000)}`)).toThrow(/nested too deeply/)
  expect(() => gbnf('root ::= "\\UFFFFFFFF"')).toThrow(/U\+10FFFF/)
  expect(() => acceptor(lark('start: "x" A | "y"\nA: /a^b/'))('y')).toThrow(/matches nothing/)
  expect(() => acceptor(gbnf('root ::= x root "a" | "b"\nx ::= ""'))('b')).toThrow(/"root" leads to itself/)
})
