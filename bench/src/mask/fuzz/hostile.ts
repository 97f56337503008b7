import { constrain, type Vocabulary } from '@foretoken/constraint'
import { ForetokenError } from '@foretoken/core'
import { type Picks, picksOf } from './finite.ts'
import { HOSTILE } from './hostile-cases.ts'

interface HostileLine {
  readonly name: string
  readonly compileMs: number
  readonly firstMaskMs: number
  /** The longest of a token and the mask after it. */
  readonly longestMs: number
  readonly tokens: number
  /** Code of the error, or `masked`; anything else is a fault. */
  readonly outcome: string
}

/** What hostile grammars may end in. */
export const HARMLESS: readonly string[] = ['masked', 'UNSUPPORTED', 'BAD_OPTION']

/** Compiles and follows masks. Whatever is thrown must be a ForetokenError. */
export function hostile(
  words: Vocabulary,
  { seed, tokens }: { readonly seed: number; readonly tokens: number },
): HostileLine[] {
  return [...HOSTILE].map(([name, make], i) => {
    const line = { name, compileMs: 0, firstMaskMs: 0, longestMs: 0, tokens: 0, outcome: 'masked' }
    const started = performance.now()
    try {
      const matcher = constrain(make(), words).matcher()
      line.compileMs = performance.now() - started
      const picks = picksOf(seed * 2 ** 20 + i)
      for (let last = performance.now(); line.tokens < tokens; line.tokens++) {
        const token = tokenOf(matcher.mask(), words, picks)
        const ms = performance.now() - last
        if (line.tokens === 0) line.firstMaskMs = ms
        line.longestMs = Math.max(line.longestMs, ms)
        if (token === undefined) break
        last = performance.now()
        matcher.advance(token)
      }
    } catch (error) {
      line.outcome = ForetokenError.is(error) ? error.code : `FAULT: ${String(error)}`
    }
    return line
  })
}

/** A token of a mask that is no stop token; none where the text must end. @throws For a mask without tokens. */
function tokenOf(mask: Uint32Array, words: Vocabulary, picks: Picks): number | undefined {
  const open: number[] = []
  for (let id = 0; id < words.size; id++) if (((mask[id >> 5]! >> (id & 31)) & 1) === 1) open.push(id)
  if (open.length === 0) throw new Error('a dead end')
  const ways = open.filter((id) => words.tokenBytes(id).length > 0)
  return ways.length === 0 ? undefined : picks.of(ways)
}
