import type { Tokenizer } from '@foretoken/checkpoint'
import { type Constraint, constrained, withinConstraint } from '@foretoken/constraint'
import { speculative } from '@foretoken/controller'
import { capped, type Drafter, type LogitsProcessor } from '@foretoken/core'
import { forced, forcedTokens } from '@foretoken/drafter-forced'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { suffix } from '@foretoken/drafter-suffix'

export interface Given {
  readonly constraint: Constraint
  readonly tokenizer: Tokenizer
}

/** A way to write JSON. */
export interface Contestant {
  readonly name: string
  parts(given: Given): { readonly isConstrained: boolean; readonly drafter?: Drafter }
}

const drafting = (name: string, make: (given: Given) => Drafter): Contestant => ({
  name,
  parts: (given) => ({ isConstrained: true, drafter: make(given) }),
})

const within = (drafter: Drafter, { constraint, tokenizer }: Given): Drafter =>
  withinConstraint(drafter, constraint, { continuation: forcedTokens(tokenizer) })

/** Plain decoding first, constrained plain decoding second. */
export const CONTESTANTS: readonly Contestant[] = [
  { name: 'plain', parts: () => ({ isConstrained: false }) },
  { name: 'constrained', parts: () => ({ isConstrained: true }) },
  drafting('forced', forced),
  drafting('forced, suffix', (given) => within(suffix(), given)),
  drafting('forced, prompt-lookup', (given) => within(capped(promptLookup(), 6), given)),
  drafting('forced, suffix tree', (given) => within(suffix({ shape: 'tree' }), given)),
  drafting('controller, going on', (given) => speculative({ drafters: [within(suffix(), given)] }).drafter),
  drafting('controller, merging', (given) => speculative({ drafters: [forced(given), suffix()] }).drafter),
]

/** The constraint as a processor whose time is counted, in all its forks. */
export function timed(
  constraint: Constraint,
  countFrom: number,
): { readonly processor: LogitsProcessor; milliseconds(): number } {
  let milliseconds = 0
  const count = <T>(run: () => T): T => {
    const started = performance.now()
    const result = run()
    milliseconds += performance.now() - started
    return result
  }
  const wrap = (inner: LogitsProcessor): LogitsProcessor => ({
    manifest: inner.manifest,
    apply: (logits) => count(() => inner.apply(logits)),
    advance: (token) => count(() => inner.advance(token)),
    rollback: (n) => count(() => inner.rollback(n)),
    fork: () => wrap(inner.fork()),
  })
  return { processor: wrap(constrained(constraint, { countFrom })), milliseconds: () => milliseconds }
}
