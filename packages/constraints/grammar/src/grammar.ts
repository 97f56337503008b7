import {
  type Grammar,
  type GrammarSymbol,
  patternRegex,
  type Regex,
  type Regexes,
  type Rule,
  rule,
  terminal,
  utf8Spelling,
  withinStack,
} from '@foretoken/constraint'
import { badOption, checkKeys, ForetokenError } from '@foretoken/core'
import {
  callsOf,
  type Expression,
  isProductive,
  productiveRules,
  type Rules,
  recursiveRules,
  withoutLeftRecursion,
} from './expression.ts'
import { readGrammar } from './read.ts'

export interface GrammarOptions {
  /** The rule that a text must be. Default: `root` in GBNF, `start` in Lark. */
  readonly start?: string
}

/**
 * A grammar in llama.cpp's GBNF.
 * @throws BAD_OPTION for a grammar that is not understood. UNSUPPORTED, when built, for left recursion through several rules.
 * @example
 * const sums = gbnf('root ::= number ("+" number)*\nnumber ::= [0-9]+')
 */
export function gbnf(source: string, options: GrammarOptions = {}): Grammar {
  return grammar(source, 'gbnf', options.start ?? 'root', options)
}

/**
 * A grammar in a Lark-like EBNF: rules, terminals, texts, patterns in ECMAScript syntax, ranges, `%ignore`. Terminals and rules
 * are alike: there is no lexer, so every way to read a text counts.
 * @throws As `gbnf`.
 */
export function lark(source: string, options: GrammarOptions = {}): Grammar {
  return grammar(source, 'lark', options.start ?? 'start', options)
}

function grammar(source: string, dialect: 'gbnf' | 'lark', start: string, options: GrammarOptions): Grammar {
  checkKeys('grammar', options, ['start'])
  if (typeof source !== 'string') throw badOption('grammar', 'source', `is ${typeof source}`, 'a text')
  const name = `a ${dialect === 'gbnf' ? 'GBNF' : 'Lark'} grammar`
  return withinStack(name, () => readAndChecked(name, source, dialect, start))
}

function readAndChecked(name: string, source: string, dialect: 'gbnf' | 'lark', start: string): Grammar {
  const { rules, ignored } = readGrammar(source, dialect)
  for (const name of [start, ...[...rules.values(), ...ignored].flatMap(callsOf)]) {
    if (rules.has(name)) continue
    throw new ForetokenError('BAD_OPTION', `The grammar has no rule ${name}.`, { fix: 'Define it.', details: { name } })
  }
  const productive = productiveRules(rules)
  if (!productive.has(start)) {
    throw new ForetokenError('BAD_OPTION', `The rule ${start} never ends.`, {
      fix: 'Give it an alternative that ends.',
    })
  }
  return { name, build: (regexes) => compiler(rules, ignored, productive, regexes)(start) }
}

function compiler(
  rules: Rules,
  ignored: readonly Expression[],
  productive: ReadonlySet<string>,
  regexes: Regexes,
): (start: string) => readonly GrammarSymbol[] {
  const recursive = recursiveRules(rules)
  const spelling = utf8Spelling(regexes)
  const flat = new Map<string, Regex>()
  const regular = new Map<string, boolean>()
  const isRegularRule = (name: string): boolean => {
    const found = regular.get(name) ?? (!recursive.has(name) && isRegular(rules.get(name)!))
    regular.set(name, found)
    return found
  }
  const isRegular = (each: Expression): boolean => callsOf(each).every(isRegularRule) && isProductive(each, productive)
  const regexOf = (each: Expression): Regex => {
    switch (each.kind) {
      case 'text':
        return each.ignoresCase ? anyCase(each.text) : regexes.literal(each.text)
      case 'set':
        return filled(spelling(each.set), 'An empty class')
      case 'pattern':
        return filled(patternRegex(each.source, { regexes, spelling, isWhole: true }), `The pattern ${each.source}`)
      case 'call': {
        const found = flat.get(each.name) ?? regexOf(rules.get(each.name)!)
        flat.set(each.name, found)
        return found
      }
      case 'sequence':
        return regexes.concat(...each.parts.map(regexOf))
      case 'choice':
        return regexes.or(each.parts.map(regexOf))
      case 'repeat':
        return regexes.repeat(regexOf(each.body), each.min, each.max)
    }
  }
  /** What matches nothing would lead texts to where nothing may follow. */
  const filled = (regex: Regex, name: string): Regex => {
    if (!regexes.isEmpty(regex)) return regex
    throw new ForetokenError('BAD_OPTION', `${name} in the grammar matches nothing.`, { fix: 'Remove or rewrite it.' })
  }
  const anyCase = (text: string): Regex =>
    regexes.concat(
      ...Array.from(text, (each) =>
        regexes.or([each.toLowerCase(), each.toUpperCase()].map((one) => regexes.literal(one))),
      ),
    )
  const gap = regexes.repeat(regexes.or(ignored.map(regexOf)), 0, Infinity)
  const named = new Map<string, Rule>()
  const call = (name: string): Rule => {
    const found = named.get(name)
    if (found) return found
    const made = rule(name, () => alternatives(withoutLeftRecursion(name, rules.get(name)!)))
    named.set(name, made)
    return made
  }
  const alternatives = (each: Expression): (readonly GrammarSymbol[])[] =>
    each.kind === 'choice' ? each.parts.filter((part) => isProductive(part, productive)).map(symbols) : [symbols(each)]
  const symbols = (each: Expression): readonly GrammarSymbol[] => {
    if (isUnit(each)) return [terminal(regexes.concat(regexOf(each), gap))]
    if (each.kind === 'call') return [call(each.name)]
    if (each.kind === 'sequence') return each.parts.flatMap(symbols)
    if (each.kind === 'repeat') return repetition(each.body, each.min, each.max)
    return [rule('a choice', () => alternatives(each))]
  }
  /** What becomes one terminal; with ignored text, only what it may not interrupt. */
  const isUnit = (each: Expression): boolean => {
    if (ignored.length > 0 && (each.kind === 'sequence' || each.kind === 'choice' || each.kind === 'repeat'))
      return false
    return isRegular(each) && (ignored.length === 0 || each.kind !== 'call' || each.name === each.name.toUpperCase())
  }
  const repetition = (body: Expression, min: number, max: number): readonly GrammarSymbol[] => {
    if (!isProductive(body, productive)) return []
    const once = symbols(body)
    const known = new Map<number, Rule>()
    /** What may follow so many. */
    const after = (count: number): readonly GrammarSymbol[] => {
      if (count >= max) return []
      const at = max === Infinity ? Math.min(count, min) : count
      const found =
        known.get(at) ?? rule('a repetition', () => [...(at < min ? [] : [[]]), [...once, ...after(at + 1)]])
      known.set(at, found)
      return [found]
    }
    return after(0)
  }
  return (start) => [...(ignored.length > 0 ? [terminal(gap)] : []), call(start)]
}
