/** For tests: whether code keeps to rules, by whole tokens and JavaScript's own regular expressions. Shares no code with the lexer. */
import type { CodeRule } from '../src/rule.ts'

interface Item {
  readonly text: string
  readonly kind: 'code' | 'string' | 'statement-end' | 'function-start'
}

const DEEPEST = 16
const CONTINUES = /^(?:return|typeof|case|in|of|void|delete|throw|instanceof|await|yield)$/
const FUNCTIONS = /^(?:function|constructor|modifier|receive|fallback)$/
const STRING = /(["'])((?:\\(?:[^\r]|$)|(?!\1)[^\\\n])*)(\1)?/y
const TEMPLATE = /((?:\\(?:[^\r]|$)|\$(?!\{)|[^\\`$])*)(`|\$\{)?/y
const COMMENT = /\/\/[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/)?/y
const LITERAL = /\/((?:\\[^\n]|\[(?:\\[^\n]|[^\]\\\n])*\]?|[^/\\[\n])*(?:\\(?=\n|$))?)(\/)?/y
const WORD = /[\w$\u0080-\u{10ffff}]+/uy

/** Undefined where braces nest too deeply. */
export function keepsTo(
  rules: readonly CodeRule[],
  code: string,
  language: 'solidity' | 'javascript',
): boolean | undefined {
  const items = itemsOf(code, language === 'javascript')
  return items && rules.every((rule) => unitsOf(rule, items).every((unit) => isAllowed(rule, ` ${unit} `)))
}

function isAllowed({ forbid, unless, require }: CodeRule, unit: string): boolean {
  const has = (pattern: string): boolean => new RegExp(pattern, 'u').test(unit)
  if (require !== undefined && !has(require)) return false
  return forbid === undefined || !has(forbid) || (unless !== undefined && has(unless))
}

function unitsOf({ unit = 'statement', inStrings = false }: CodeRule, items: readonly Item[]): string[] {
  const units = ['']
  const add = (text: string): void => {
    units.push(`${units.pop()}${text}`)
  }
  for (const { kind, text } of items) {
    if (kind === 'statement-end' ? unit === 'statement' : kind === 'function-start' && unit === 'function')
      units.push('')
    for (const char of text) {
      if (unit === 'line' && char === '\n') units.push('')
      else if (kind === 'code' || inStrings) add(char)
    }
  }
  return units
}

function itemsOf(code: string, isJavascript: boolean): Item[] | undefined {
  const items: Item[] = []
  const braces: string[] = []
  let before = 'block'
  let at = 0
  const emit = (text: string, kind: Item['kind'] = 'code'): void => {
    items.push({ text, kind })
  }
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(code)
    if (match) at += match[0].length
    return match
  }
  const template = (): void => {
    const [, inside = '', end] = take(TEMPLATE)!
    emit(inside, 'string')
    if (end === '`') emit('`')
    before = end === '${' ? 'open' : 'value'
    if (end !== '${') return
    emit('$', 'string')
    emit('{')
    braces.push('template')
  }
  const word = (text: string): void => {
    emit(text)
    const isMember = before === 'dot'
    before = !isMember && isJavascript && CONTINUES.test(text) ? 'open' : 'value'
    if (!isJavascript && isMember && code[at] === '{') before = 'open'
    if (!isJavascript && !isMember && FUNCTIONS.test(text) && at < code.length) emit('', 'function-start')
  }
  const brace = (): void => {
    emit(code[at]!)
    if (code[at++] === '{') {
      const isExpression = ['open', '+', '-'].includes(before)
      before = 'block'
      if (isExpression) braces.push('expression')
      else if (braces.length > 0) braces.push('block')
      if (!isExpression) emit('', 'statement-end')
      return
    }
    const open = braces.pop()
    if (open === 'template') {
      template()
      return
    }
    before = open === 'expression' ? 'value' : 'block'
    if (open !== 'expression') emit('', 'statement-end')
  }
  const sign = (char: string): void => {
    emit(char)
    at++
    if (char === ';') emit('', 'statement-end')
    if (char === '+' || char === '-') before = before === char ? 'value' : char
    else if (char === '.') before = 'dot'
    else before = ')]'.includes(char) ? 'value' : '(,=:[?&|!~*%^<'.includes(char) || char === '/' ? 'open' : 'block'
  }
  while (at < code.length) {
    if (braces.length > DEEPEST) return undefined
    const char = code[at]!
    const comment = take(COMMENT)
    if (comment) emit(` ${comment[0].replace(/[^\n]/g, '')}`)
    else if (/\s/.test(char)) {
      emit(char)
      at++
    } else if (char === '`' && isJavascript) {
      emit(char)
      at++
      template()
    } else if (char === '"' || char === "'") {
      const [, quote = '', inside = '', end] = take(STRING)!
      emit(quote)
      emit(inside, 'string')
      if (end) emit(end)
      before = end ? 'value' : 'block'
    } else if (char === '/' && isJavascript && before !== 'value' && before !== 'dot') {
      const [, inside = '', end] = take(LITERAL)!
      emit('/')
      emit(inside, 'string')
      if (end) emit(end)
      before = end ? 'value' : 'block'
    } else if (char === '{' || char === '}') brace()
    else {
      const text = take(WORD)?.[0]
      if (text) word(text)
      else sign(char)
    }
  }
  return braces.length > DEEPEST ? undefined : items
}
