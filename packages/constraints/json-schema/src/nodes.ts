import type { Regexes } from '@foretoken/constraint'
import type { Located } from './resources.ts'
import type { Demand, Node } from './shapes.ts'

/** Interned conjunctions of demands. */
export interface Nodes {
  /** Any value. */
  readonly any: Node
  readonly never: Node
  of(schema: Located): Node
  both(a: Node, b: Node): Node
  not(node: Node): Node
  either(nodes: readonly Node[]): Node
}

/** @param clock Counts the conjunctions that are made. */
export function nodes(clock: Regexes['clock']): Nodes {
  const known = new Map<string, Node>()
  const keyOf = (demand: Demand): string => {
    const sign = demand.isNegated ? '-' : '+'
    return demand.kind === 'schema' ? `${sign}s${demand.schema.id}` : `${sign}n${demand.node.id}`
  }
  const intern = (demands: readonly Demand[]): Node => {
    clock.tick(1 + demands.length)
    const keyed = new Map(demands.map((demand) => [keyOf(demand), demand]))
    const key = [...keyed.keys()].sort().join()
    const found = known.get(key) ?? { id: known.size, demands: [...keyed.values()] }
    known.set(key, found)
    return found
  }
  const any = intern([])
  const never = intern([{ kind: 'node', node: any, isNegated: true }])
  const both = (a: Node, b: Node): Node => {
    if (a === any || b === never || a === b) return b
    if (b === any || a === never) return a
    return intern([...a.demands, ...b.demands])
  }
  const not = (node: Node): Node => {
    if (node === any) return never
    if (node === never) return any
    const [only, ...others] = node.demands
    if (only?.kind === 'schema' && others.length === 0) return intern([{ ...only, isNegated: !only.isNegated }])
    return intern([{ kind: 'node', node, isNegated: true }])
  }
  return {
    any,
    never,
    both,
    not,
    either: ([first = never, ...rest]) => (rest.length === 0 ? first : not([first, ...rest].map(not).reduce(both))),
    of(schema) {
      if (typeof schema.schema === 'boolean') return schema.schema ? any : never
      return intern([{ kind: 'schema', schema, isNegated: false }])
    },
  }
}
