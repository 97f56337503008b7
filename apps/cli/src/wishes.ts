import type { Matcher } from '@foretoken/constraint'
import { argmax, type LogitsProcessor, type Manifest, SPEC_VERSION } from '@foretoken/core'
import { type RefusalParts, refusalOf } from './refusals.ts'

const manifest: Manifest = { specVersion: SPEC_VERSION, kind: 'processor', name: 'wishes', requires: [] }

/** Who is named where the model itself wanted what was refused. */
export const MODEL = 'the model'

interface Place {
  /** Tokens of the prompt that were seen. */
  readonly before: number
  readonly written: readonly number[]
  /** At the end of `written`, undefined behind what the constraint does not allow. */
  readonly matchers: readonly (Matcher | undefined)[]
}

/**
 * Changes nothing, and tells where the model's most probable token is refused. Goes before the mask. Drafts are looked at as well: which
 * of what it tells belongs to the text, the text decides.
 */
export function wishes(parts: RefusalParts, countFrom: number): LogitsProcessor {
  return wishesAt(parts, countFrom, { before: 0, written: [], matchers: [parts.constraint.matcher()] })
}

function wishesAt(parts: RefusalParts, countFrom: number, from: Place): LogitsProcessor {
  let { before } = from
  const written = [...from.written]
  const matchers = [...from.matchers]
  return {
    manifest,
    apply(logits) {
      const matcher = matchers.at(-1)
      if (before < countFrom || matcher === undefined || matcher.isFinished) return
      const token = argmax(logits)
      if (!matcher.isAllowed(token)) parts.onRefusal(refusalOf(parts, matcher, written, MODEL, token), [...written])
    },
    advance(token) {
      if (before < countFrom) {
        before++
        return
      }
      written.push(token)
      const next = matchers.at(-1)?.isAllowed(token) ? matchers.at(-1)!.fork() : undefined
      next?.advance(token)
      matchers.push(next)
    },
    rollback(n) {
      const fromText = Math.min(n, written.length)
      written.length -= fromText
      matchers.length -= fromText
      before -= n - fromText
    },
    fork: () => wishesAt(parts, countFrom, { before, written, matchers }),
  }
}
