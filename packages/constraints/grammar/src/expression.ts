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

/** Rules from which one can come back to them: Tarjan's components, "Depth-first search", SIAM J. Comput. 1 (1972). */
export function recursiveRules(rules: Rules): ReadonlySet<string> {
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const waiting: string[] = []
  const isWaiting = new Set<string>()
  const recursive = new Set<string>()
  const open: { readonly name: string; readonly calls: readonly string[]; next: number }[] = []
  const enter = (name: string): void => {
    order.set(name, order.size)
    lowest.set(name, order.get(name)!)
    waiting.push(name)
    isWaiting.add(name)
    open.push({ name, calls: [...new Set(callsOf(rules.get(name)!))], next: 0 })
  }
  const lower = (name: string, to: number): void => {
    lowest.set(name, Math.min(lowest.get(name)!, to))
  }
  const leave = (name: string, calls: readonly string[]): void => {
    if (lowest.get(name) !== order.get(name)) return
    const component = waiting.splice(waiting.lastIndexOf(name))
    for (const each of component) isWaiting.delete(each)
    if (component.length > 1 || calls.includes(name)) for (const each of component) recursive.add(each)
  }
  for (const root of rules.keys()) {
    if (order.has(root)) continue
    enter(root)
    for (let at = open.at(-1); at; at = open.at(-1)) {
      const call = at.calls[at.next++]
      if (call === undefined) {
        open.pop()
        leave(at.name, at.calls)
        const outer = open.at(-1)
        if (outer) lower(outer.name, lowest.get(at.name)!)
      } else if (!order.has(call)) enter(call)
      else if (isWaiting.has(call)) lower(at.name, order.get(call)!)
    }
  }
  return recursive
}

/** Rules that have a text: the others never end. */
export function productiveRules(rules: Rules): ReadonlySet<string> {
  const callers = new Map<string, Set<string>>()
  for (const [name, body] of rules) {
    for (const call of callsOf(body)) callers.set(call, (callers.get(call) ?? new Set()).add(name))
  }
  const productive = new Set<string>()
  const open = new Set(rules.keys())
  for (const name of open) {
    open.delete(name)
    if (productive.has(name) || !isProductive(rules.get(name)!, productive)) continue
    productive.add(name)
    for (const caller of callers.get(name) ?? []) open.add(caller)
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
