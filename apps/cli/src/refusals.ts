import type { Tokenizer } from '@foretoken/checkpoint'
import type { Constraint, Matcher } from '@foretoken/constraint'
import { type Draft, type Drafter, parentOf, pathTo } from '@foretoken/core'
import type { Reason } from './reasons.ts'
import { colors, note } from './terminal.ts'

/** A token that the constraint refused: a drafted one, or the one that the model found most probable. */
export interface Refusal {
  /** Tokens written before it, drafted ones included. */
  readonly position: number
  /** Who wanted it. */
  readonly drafter: string
  readonly token: number
  readonly text: string
  /** The end of the text before it. */
  readonly after: string
  readonly constraint: string
  /** Which part of it does not fit, and what must stand there. */
  readonly reason: string
  /** Text that every continuation begins with, where there is some. */
  readonly forced?: string
  /** How many tokens were allowed, and some of them; `null` stands for the end. */
  readonly allowed: number
  readonly examples: readonly (string | null)[]
}

export interface RefusalParts {
  readonly constraint: Constraint
  readonly tokenizer: Tokenizer
  readonly reasonOf: Reason
  /** @param before Tokens written before it, drafted ones included. */
  readonly onRefusal: (refusal: Refusal, before: readonly number[]) => void
}

const EXAMPLES = 5
/** Characters shown of the text before. */
const SHOWN = 30

/** A drafter whose drafted tokens are looked at: what the constraint refuses is told, and drafted all the same. */
export function watched(drafter: Drafter, parts: RefusalParts): Drafter {
  let matcher: Matcher | undefined
  const written: number[] = []
  const look = (draft: Draft): Draft => {
    if (matcher !== undefined && !matcher.isFinished) refusals(draft, matcher, written, drafter.manifest.name, parts)
    return draft
  }
  return {
    ...drafter,
    begin(prompt, model) {
      matcher = parts.constraint.matcher()
      written.length = 0
      return drafter.begin(prompt, model)
    },
    draft(room, draws, goesOn) {
      const draft = drafter.draft(room, draws, goesOn)
      return 'then' in draft ? draft.then(look) : look(draft)
    },
    commit(committed) {
      for (const token of committed.tokens) {
        written.push(token)
        if (matcher?.isAllowed(token)) matcher.advance(token)
        else matcher = undefined
      }
      return drafter.commit(committed)
    },
  }
}

/** Tells the first refused token of each path. */
function refusals(
  draft: Draft,
  matcher: Matcher,
  written: readonly number[],
  drafter: string,
  parts: RefusalParts,
): void {
  const isRefused = new Uint8Array(draft.tokens.length)
  for (const [node, token] of draft.tokens.entries()) {
    const parent = parentOf(draft, node)
    const path = parent < 0 ? [] : Array.from(pathTo(draft, parent), (each) => draft.tokens[each]!)
    const isBelow = parent >= 0 && isRefused[parent] === 1
    if (!isBelow && matcher.accepts([...path, token]) > path.length) continue
    isRefused[node] = 1
    if (isBelow) continue
    for (const each of path) matcher.advance(each)
    const before = [...written, ...path]
    const refusal = refusalOf(parts, matcher, before, drafter, token)
    matcher.rollback(path.length)
    parts.onRefusal(refusal, before)
  }
}

/** @param matcher Behind `before`. */
export function refusalOf(
  { constraint, tokenizer, reasonOf }: RefusalParts,
  matcher: Matcher,
  before: readonly number[],
  drafter: string,
  token: number,
): Refusal {
  const { forced, ...allowed } = allowedBy(matcher, tokenizer)
  const written = Uint8Array.from(before.flatMap((each) => [...tokenizer.tokenBytes(each)]))
  return {
    position: before.length,
    drafter,
    token,
    text: tokenizer.decode([token], { special: true }),
    after: tokenizer.decode(before).slice(-SHOWN),
    constraint: constraint.name,
    reason: reasonOf(written, tokenizer.tokenBytes(token), tokenizer.stopTokens.includes(token)),
    ...(forced !== '' && { forced }),
    ...allowed,
  }
}

function allowedBy(matcher: Matcher, tokenizer: Tokenizer): Pick<Refusal, 'allowed' | 'examples'> & { forced: string } {
  const examples: (string | null)[] = []
  let allowed = 0
  for (const [word, bits] of matcher.mask().entries()) {
    for (let bit = 0; bits !== 0 && bit < 32; bit++) {
      if ((bits & (1 << bit)) === 0) continue
      allowed++
      const id = word * 32 + bit
      if (examples.length < EXAMPLES) examples.push(tokenizer.stopTokens.includes(id) ? null : tokenizer.decode([id]))
    }
  }
  return { forced: new TextDecoder().decode(matcher.forced(64)), allowed, examples }
}

/** Lines printed at most. */
const LINES = 40

/** What the constraint refused, on stderr. */
export function printRefusals(all: readonly Refusal[]): void {
  if (all.length === 0) {
    note(colors.dim('The constraint refused no token.'))
    return
  }
  note()
  note(colors.bold(`${all[0]!.constraint} refused ${all.length === 1 ? 'a token' : `${all.length} tokens`}:`))
  for (const refusal of all.slice(0, LINES)) note(lineOf(refusal))
  if (all.length > LINES) note(colors.dim(`and ${all.length - LINES} more; --json has them all`))
}

function lineOf({ position, drafter, text, after, reason, forced, allowed, examples }: Refusal): string {
  const quoted = (each: string | null): string => (each === null ? 'the end' : JSON.stringify(each))
  const place = after === '' ? 'at the beginning' : `after ${quoted(after)}`
  const some = examples.map(quoted).join(', ')
  const instead =
    forced !== undefined
      ? `only ${quoted(forced)} can follow`
      : allowed <= examples.length
        ? `only ${some} can follow`
        : `${allowed} tokens could follow, such as ${some}`
  return `  ${String(position).padStart(4)}  ${quoted(text)} of ${drafter} ${place}: ${instead}; ${reason}`
}
