import {
  checkInteger,
  checkKeys,
  type Draft,
  type Drafter,
  ForetokenError,
  type Manifest,
  SPEC_VERSION,
} from '@foretoken/core'
import { repeatLast } from './repeat-last.ts'

/** What this drafter is and needs. Cite the paper here: documentation is generated from it. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'drafter',
  name: 'forced',
  requires: [],
}

export interface ForcedOptions {
  /** Tokens drafted per round, at least 1. Default: 3. */
  readonly length?: number
}

/**
 * Drafts the last token again and again: a stand-in for the method. Each drafted token was chosen, not drawn, so `q` is
 * a point mass.
 *
 * @throws BAD_OPTION for an unknown option or a `length` that is no whole number of at least 1.
 */
export function forced(options: ForcedOptions = {}): Drafter {
  checkKeys(manifest.name, options, ['length'])
  checkInteger(manifest.name, 'length', options.length, 1)
  const { length = 3 } = options
  let last: number | undefined
  let mostNodes = 0
  let isDisposed = false

  function use(): void {
    if (!isDisposed) return
    throw new ForetokenError('DISPOSED', 'The forced drafter was used after dispose; an open one was expected.', {
      fix: 'Make a new one with forced().',
    })
  }

  function dispose(): void {
    isDisposed = true
    last = undefined
  }

  return {
    manifest,
    begin(prompt, model) {
      use()
      last = prompt.at(-1)
      mostNodes = model.maximumRows - 1
    },
    draft(room): Draft {
      use()
      return { tokens: repeatLast(last, Math.min(room, length, mostNodes)), q: { kind: 'point-mass' } }
    },
    commit({ tokens }) {
      use()
      last = tokens.at(-1) ?? last
    },
    dispose,
    async [Symbol.asyncDispose]() {
      dispose()
    },
  }
}
