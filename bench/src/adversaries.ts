/** Drafters at their worst, to measure what a controller loses to them. */
import { type Drafter, SPEC_VERSION } from '@foretoken/core'

interface Adversary {
  readonly name: string
  /** Milliseconds that a draft takes, idle, as a remote drafter would. */
  readonly delayMs: number
  readonly tokens: number
}

/** Drafts the tokens of ids 0, 1, 2 …, which models hardly ever write, and is as sure of them as can be. */
function adversary({ name, delayMs, tokens }: Adversary): Drafter {
  return {
    manifest: { specVersion: SPEC_VERSION, kind: 'drafter', name, requires: [] },
    begin() {},
    async draft(room) {
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
      const count = Math.min(room, tokens)
      return { tokens: Int32Array.from({ length: count }, (_, i) => i), q: { kind: 'point-mass' } }
    },
    commit() {},
    dispose() {},
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/** Always wrong, at no cost. */
export function alwaysWrong(): Drafter {
  return adversary({ name: 'always-wrong', delayMs: 0, tokens: 4 })
}

/** Takes longer than a step, and is wrong as well. */
export function slowAndWrong({ delayMs = 40 }: { readonly delayMs?: number } = {}): Drafter {
  return adversary({ name: 'slow-and-wrong', delayMs, tokens: 4 })
}
