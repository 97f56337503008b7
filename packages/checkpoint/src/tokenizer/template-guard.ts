import type { ForetokenError } from '@foretoken/core'

/** A value of the template interpreter, as far as its size shows. */
interface Value {
  readonly value: unknown
}

/** What is used of the interpreter: every expression and statement goes through `evaluate`. */
export interface Evaluator {
  evaluate(statement: Statement | undefined, environment: unknown): Value
  run(program: unknown): Value
}

interface Statement {
  readonly type: string
  readonly iterable?: Statement
  readonly lhs?: Statement
  readonly assignee?: { readonly type: string }
}

export interface TemplateLimits {
  /** Units of work: one for each node evaluated, more for large values. */
  readonly steps: number
  /** Characters of one string. */
  readonly text: number
  /** Values that one list or mapping reaches, those reached twice counted twice. */
  readonly items: number
}

/**
 * Makes an interpreter refuse to run or grow beyond limits: `refuse` makes the error that it then throws. Values are
 * weighed by what writing them out would cost, since a list of itself, sixty times over, is small until it is printed.
 */
export function guarded(
  interpreter: Evaluator,
  limits: TemplateLimits,
  refuse: (message: string) => ForetokenError,
): Evaluator {
  const evaluate = interpreter.evaluate.bind(interpreter)
  const iterables = new WeakSet<Statement>()
  let weights = new WeakMap<Value, number>()
  let steps = 0
  const charge = (cost: number): void => {
    steps += cost
    if (steps > limits.steps) throw refuse(`The chat template did not end within ${limits.steps} steps.`)
  }
  const weigh = (value: Value): void => {
    let weight = weights.get(value)
    if (weight === undefined) {
      weight = reach(value, limits.items)
      weights.set(value, weight)
      charge(weight / 16)
    }
    if (weight > limits.items) throw refuse(`The chat template builds a value of more than ${limits.items} parts.`)
  }
  interpreter.evaluate = (statement, environment) => {
    charge(1)
    if (statement?.type === 'For' && statement.iterable) iterables.add(statement.iterable.lhs ?? statement.iterable)
    const result = evaluate(statement, environment)
    // Only such an assignment changes a value that exists.
    if (statement?.type === 'Set' && statement.assignee?.type === 'MemberExpression') weights = new WeakMap()
    const { value } = result
    if (typeof value === 'string') {
      if (value.length > limits.text) throw refuse(`The chat template builds a text of ${value.length} characters.`)
      charge(value.length / 256)
      return result
    }
    const size = Array.isArray(value) ? value.length : value instanceof Map ? value.size : 0
    if (size > 0) {
      weigh(result)
      // A turn of a loop costs the interpreter more than a node, even with nothing in it.
      charge(statement && iterables.has(statement) ? 4 * size : size / 8)
    }
    return result
  }
  return interpreter
}

/** Values reached from one, up to a limit. */
function reach(value: Value, limit: number): number {
  const open: unknown[] = [value]
  let count = 0
  while (open.length > 0 && count <= limit) {
    count++
    const inner = (open.pop() as Value | undefined)?.value
    if (Array.isArray(inner) || inner instanceof Map) {
      if (open.length + (Array.isArray(inner) ? inner.length : inner.size) > limit) return limit + 1
      for (const item of inner.values()) open.push(item)
    }
  }
  return count
}
