import type { Draft, Drafter, Draws } from './drafter.ts'
import { checkInteger } from './options.ts'

/** Nothing is drafted. A round is spared the checks of a draft when it is this one. */
export const NO_DRAFT: Draft = { tokens: new Int32Array(0), q: { kind: 'point-mass' } }

/**
 * Asks drafters in order and takes the first draft that is not empty; all follow what is committed. Each draws from its own
 * uniforms, so one that gave up tells the next nothing.
 */
export function firstOf(first: Drafter, ...others: readonly Drafter[]): Drafter {
  const drafters = [first, ...others]
  const name = `first-of(${drafters.map((drafter) => drafter.manifest.name).join(', ')})`
  const requires = [...new Set(drafters.flatMap((drafter) => drafter.manifest.requires))]
  return {
    manifest: { ...first.manifest, name, requires },
    async begin(prompt, model) {
      for (const drafter of drafters) await drafter.begin(prompt, model)
    },
    async draft(room, draws, goesOn) {
      for (const [i, drafter] of drafters.entries()) {
        const draft = await drafter.draft(room, lane(draws, i, drafters.length), goesOn)
        if (draft.tokens.length > 0) return draft
      }
      return NO_DRAFT
    },
    commit(committed) {
      for (const drafter of drafters) drafter.commit(committed)
    },
    async dispose() {
      for (const drafter of drafters) await drafter.dispose()
    },
    [Symbol.asyncDispose]() {
      return Promise.resolve(this.dispose())
    },
  }
}

/** The uniforms of one of `count` drafters that are asked in the same round: a drafter that gave up tells the next nothing. */
export function lane(draws: Draws, i: number, count: number): Draws {
  return { uniform: (offset, index = 0) => draws.uniform(offset, index * count + i) }
}

/** Drafts at most `levels` levels a round. */
export function capped(drafter: Drafter, levels: number): Drafter {
  checkInteger('capped', 'levels', levels, 1)
  return {
    manifest: { ...drafter.manifest, name: `capped(${drafter.manifest.name}, ${levels})` },
    begin: (prompt, model) => drafter.begin(prompt, model),
    draft: (room, draws, goesOn) => drafter.draft(Math.min(room, levels), draws, goesOn),
    commit: (committed) => drafter.commit(committed),
    dispose: () => drafter.dispose(),
    [Symbol.asyncDispose]: () => Promise.resolve(drafter.dispose()),
  }
}
