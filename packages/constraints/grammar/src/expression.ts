import type { CodePoints } from '@foretoken/constraint'

/** The right side of a rule. */
export type Expression =
  | { readonly kind: 'text'; readonly text: string; readonly ignoresCase?: boolean }
  | { readonly kind: 'set'; readonly set: CodePoints }
  /** ECMAScript source. */
  | { readonly kind: 'pattern'; readonly source: string }
  | { readonly kind: 'call'; readonly name: string }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Expression[] }
  | { readonly kind: 'repeat'; readonly body: Expression; readonly min: number; readonly max: number }

/** Rules by name. */
export type Rules = ReadonlyMap<string, Expression>

export function partsOf(expression: Expression): readonly Expression[] {
  if (expression.kind === 'sequence' || expression.kind === 'choice') return expression.parts
  return expression.kind === 'repeat' ? [expression.body] : []
}

export function callsOf(expression: Expression): readonly string[] {
  return expression.kind === 'call' ? [expression.name] : partsOf(expression).flatMap(callsOf)
}

/** Rules from which one can come back to them. */
export function recursiveRules(rules: Rules): ReadonlySet<string> {
  const reached = new Map<string, Set<string>>()
  for (const [name, body] of rules) reached.set(name, new Set(callsOf(body)))
  for (let isGrowing = true; isGrowing; ) {
    isGrowing = false
    for (const names of reached.values()) {
      for (const name of [...names]) {
        for (const further of reached.get(name) ?? []) {
          if (names.has(further)) continue
          names.add(further)
          isGrowing = true
        }
      }
    }
  }
  return new Set([...reached].filter(([name, names]) => names.has(name)).map(([name]) => name))
}

/** Rules that have a text: the others never end. */
export function productiveRules(rules: Rules): ReadonlySet<string> {
  const productive = new Set<string>()
  for (let size = -1; size !== productive.size; ) {
    size = productive.size
    for (const [name, body] of rules) if (isProductive(body, productive)) productive.add(name)
  }
  return productive
}

export function isProductive(expression: Expression, productive: ReadonlySet<string>): boolean {
  if (expression.kind === 'call') return productive.has(expression.name)
  if (expression.kind === 'choice') return expression.parts.some((part) => isProductive(part, productive))
  if (expression.kind === 'sequence') return expression.parts.every((part) => isProductive(part, productive))
  return expression.kind !== 'repeat' || expression.min === 0 || isProductive(expression.body, productive)
}

/** `a: a x | y` says the same as `a: y x*`, which can be read from the left. */
export function withoutLeftRecursion(name: string, body: Expression): Expression {
  const alternatives = body.kind === 'choice' ? body.parts : [body]
  const tails: Expression[] = []
  const bases: Expression[] = []
  for (const each of alternatives) {
    const [first, ...rest] = each.kind === 'sequence' ? each.parts : [each]
    if (first?.kind === 'call' && first.name === name) tails.push({ kind: 'sequence', parts: rest })
    else bases.push(each)
  }
  if (tails.length === 0) return body
  const more: Expression = { kind: 'repeat', body: { kind: 'choice', parts: tails }, min: 0, max: Infinity }
  return { kind: 'sequence', parts: [{ kind: 'choice', parts: bases }, more] }
}
