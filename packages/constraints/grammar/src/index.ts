export { type GrammarOptions, gbnf, lark } from './grammar.ts'
