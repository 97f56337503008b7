import { badOption, checkInteger, checkKeys, type Draft, type Drafter, ForetokenError } from '@foretoken/core'
import { type Continuation, legalDrafts } from './legal-draft.ts'
import type { Constraint, Matcher } from './matcher.ts'

export interface WithinOptions {
  /** Tokens of the context before the constrained text. Default: the whole prompt of `decode`. */
  readonly countFrom?: number | undefined
  /**
   * Goes on behind what is left of a draft, or by itself where nothing is: `forcedTokens(tokenizer)` of
   * `@foretoken/drafter-forced`. Default: nothing.
   */
  readonly continuation?: Continuation | undefined
}

/**
 * A drafter whose drafts stay inside a constraint: what the mask would refuse is left out before it costs a row, chains and trees
 * alike. `q` stays honest, so every guarantee of the verifier stays: rows that were drawn from are restricted to the allowed tokens.
 * It is for targets that `constrained(constraint)` masks; once a text has left the grammar, drafts pass as they are.
 * @throws BAD_OPTION
 * @example
 * const drafter = withinConstraint(suffix(), constraint, { continuation: forcedTokens(tokenizer) })
 */
export function withinConstraint(drafter: Drafter, constraint: Constraint, options: WithinOptions = {}): Drafter {
  checkKeys('withinConstraint', options, ['countFrom', 'continuation'])
  checkInteger('withinConstraint', 'countFrom', options.countFrom, 0)
  if (options.continuation !== undefined && typeof options.continuation !== 'function') {
    throw badOption('withinConstraint', 'continuation', `is ${String(options.continuation)}`, 'a function')
  }
  const context: number[] = []
  let legal: ReturnType<typeof legalDrafts> | undefined
  let matcher: Matcher | undefined
  let mostNodes = 0

  /** Follows constrained text, and gives up where it leaves the grammar. */
  function follow(token: number): void {
    context.push(token)
    if (matcher?.isAllowed(token)) matcher.advance(token)
    else matcher = undefined
  }

  function within(draft: Draft, room: number): Draft {
    if (matcher === undefined || matcher.isFinished || legal === undefined) return draft
    return legal(draft, { matcher, context, room, mostNodes })
  }

  return {
    manifest: { ...drafter.manifest, name: `within(${drafter.manifest.name}, ${constraint.name})` },
    begin(prompt, model) {
      checkSize(constraint, model.vocabularySize)
      mostNodes = model.maximumRows - 1
      legal = legalDrafts(model.vocabularySize, options.continuation)
      matcher = constraint.matcher()
      const before = Math.min(options.countFrom ?? prompt.length, prompt.length)
      context.length = 0
      for (const token of prompt.subarray(0, before)) context.push(token)
      for (const token of prompt.subarray(before)) follow(token)
      return drafter.begin(prompt, model)
    },
    draft(room, draws, goesOn) {
      const draft = drafter.draft(room, draws, goesOn)
      return 'then' in draft ? draft.then((each) => within(each, room)) : within(draft, room)
    },
    commit(committed) {
      for (const token of committed.tokens) follow(token)
      drafter.commit(committed)
    },
    dispose: () => drafter.dispose(),
    [Symbol.asyncDispose]: () => Promise.resolve(drafter.dispose()),
  }
}

/** @throws VOCABULARY_MISMATCH */
function checkSize({ name, vocabulary }: Constraint, size: number): void {
  if (vocabulary.size <= size) return
  throw new ForetokenError(
    'VOCABULARY_MISMATCH',
    `${name} was made for ${vocabulary.size} tokens, and the model scores ${size}; at least as many were expected.`,
    { fix: "Make the constraint with the model's own tokenizer.", details: { tokens: vocabulary.size, size } },
  )
}
