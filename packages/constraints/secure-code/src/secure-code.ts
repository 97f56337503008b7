import { type Grammar, NOTHING, type Regexes, terminal } from '@foretoken/constraint'
import { badOption, checkKeys, ForetokenError } from '@foretoken/core'
import { type CodeAutomaton, codeAutomaton } from './code-automaton.ts'
import { type Follower, follower, type Position } from './follow.ts'
import { javascriptRules } from './javascript.ts'
import { type CodeRule, checkRules } from './rule.ts'
import { solidityRules } from './solidity.ts'
import { type Language, type LanguageName, languageOf } from './syntax.ts'

export interface CodeOptions {
  /** Tells comments, strings and statements. `plain` knows of statements alone: `;`, `{` and `}` end them everywhere. */
  readonly language: LanguageName
  /** Default: `solidityRules` and `javascriptRules`, and none for `plain`. */
  readonly rules?: readonly CodeRule[] | undefined
}

export interface SecureCodeOptions extends CodeOptions {
  /** Code that stands before the text, such as the prompt's: what is open there goes on in the text. Default none. */
  readonly before?: string | undefined
}

/**
 * Texts that keep to rules, as a constraint: a token after which no continuation keeps to them is not allowed. Rules see code, not
 * comments, and look at lines, statements, functions or everything. The text may end anywhere where its open units keep to the rules,
 * inside a statement too; it need not be a program. Characters that hide code from readers are never allowed.
 * @throws BAD_OPTION, also for a `before` whose open units break a rule already. When built: BAD_OPTION for bad patterns and rules
 * that no text keeps to, UNSUPPORTED for patterns that are not regular.
 * @example
 * const constraint = constrain(secureCode({ language: 'solidity', before: prompt }), vocabulary(tokenizer))
 */
export function secureCode(options: SecureCodeOptions): Grammar {
  checkKeys('secureCode', options, ['language', 'rules', 'before'])
  const { language, before = '' } = options
  if (typeof before !== 'string') throw badOption('secureCode', 'before', `is ${typeof before}`, 'a text')
  const syntax = languageOf(language)
  const rules = rulesOf(options)
  return {
    name: `${rules.length} rules for ${language} code`,
    build(regexes) {
      const { follow, automaton } = codeOf(regexes, syntax, rules)
      return [terminal(regexes.automaton(automaton, automaton.stateAt(positionAfter(before, follow))))]
    },
  }
}

interface Code {
  readonly follow: Follower
  readonly automaton: CodeAutomaton
}

/** Rule sets remembered with each store. */
const MOST_KEPT = 8
const keptCode = new WeakMap<Regexes, Map<string, Code>>()

/** Made once for each rule set: requests differ in what stands before them, and share what is learned of the states behind. */
function codeOf(regexes: Regexes, language: Language, rules: readonly CodeRule[]): Code {
  const kept = keptCode.get(regexes) ?? new Map<string, Code>()
  keptCode.set(regexes, kept)
  const key = JSON.stringify([language.name, rules])
  const known = kept.get(key)
  if (known) return known
  const follow = follower(rules, language, regexes, true)
  const code = { follow, automaton: codeAutomaton(follow, regexes) }
  if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value!)
  kept.set(key, code)
  return code
}

/**
 * The rules in use: those given, else those of the language.
 * @throws BAD_OPTION for an unknown language, and for rules that are none.
 */
export function rulesOf({ language, rules }: CodeOptions): readonly CodeRule[] {
  languageOf(language)
  const byDefault = { solidity: solidityRules, javascript: javascriptRules, plain: [] }
  const all = rules ?? byDefault[language]
  checkRules(all)
  return all
}

/** Where code goes on after `before`, whose finished units are not judged. */
function positionAfter(before: string, follow: Follower): Position {
  for (const { rules, fresh } of follow.watches) {
    if (fresh === NOTHING)
      throw badOption('secureCode', 'rules', `${namesOf(rules)} allow no text`, 'rules that some code keeps to')
  }
  let position = follow.start
  for (const byte of new TextEncoder().encode(before)) {
    const next = follow.next(position, byte, () => {})
    if (!next) throw badOption('secureCode', 'before', 'nests braces in expressions too deeply', 'at most 16 levels')
    position = next
  }
  const broken = follow.watches.find((_, i) => position.rest[i] === NOTHING)
  if (broken) {
    throw new ForetokenError(
      'BAD_OPTION',
      `The ${broken.unit} that is open at the end of "before" breaks ${namesOf(broken.rules)}.`,
      {
        fix: 'Correct that code, or leave out the rule.',
        details: { rules: broken.rules.map(({ name }) => name) },
      },
    )
  }
  return position
}

const namesOf = (rules: readonly CodeRule[]): string =>
  rules.length === 1 ? `the rule ${rules[0]!.name}` : `one of the rules ${rules.map(({ name }) => name).join(', ')}`
