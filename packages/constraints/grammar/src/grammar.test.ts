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
