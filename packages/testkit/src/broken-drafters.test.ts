import { type Draft, type Drafter, type Draws, ForetokenError, type Model, SPEC_VERSION } from '@foretoken/core'
import { expect, it } from 'vitest'
import { testDrafter } from './drafter-suite.ts'
import { randomDrafter } from './random-drafter.ts'
import { runSuite } from './runner.ts'

const vocabularySize = 3
/** Runs through combinators are left out: what fails alone is enough. */
const WRAPPED = /^(in firstOf|capped|adaptive)/

/** Names of the tests that fail when the drafter stands alone. */
async function failures(create: () => Drafter, live?: () => number): Promise<string> {
  const options = { create, vocabularySize, honestLevels: 2, ...(live && { live }) }
  const results = await runSuite((runner) => {
    const alone = (name: string, body: () => void) => (WRAPPED.test(name) ? undefined : runner.describe(name, body))
    testDrafter({ ...runner, describe: alone }, options)
  })
  const failed = results.filter(({ error }) => error !== undefined)
  return failed.map(({ name }) => name.replace('drafter > alone > ', '')).join('\n')
}

const sound = (): Drafter => randomDrafter({ vocabularySize, levels: 2 })
const soundTree = (): Drafter => randomDrafter({ vocabularySize, levels: 2, width: 2 })

/** A drafter whose drafts are changed. */
function changed(change: (draft: Draft, draws: Draws, room: number) => Draft, inner = sound): () => Drafter {
  return () => {
    const drafter = inner()
    return {
      ...drafter,
      draft: async (room, draws) => change(await drafter.draft(room, draws), draws, room),
    }
  }
}

function rowsOf(draft: Draft): Float32Array {
  return draft.q.kind === 'dense' ? draft.q.rows : new Float32Array(0)
}

it('passes the drafters that are broken below', async () => {
  expect(await failures(sound)).toBe('')
  expect(await failures(soundTree)).toBe('')
})

it('catches a draft past the room', async () => {
  const tokens = (draft: Draft, room: number) => Int32Array.from({ length: room + 1 }, () => draft.tokens[0] ?? 0)
  const names = await failures(
    changed((draft, _, room) => ({ tokens: tokens(draft, room), q: { kind: 'point-mass' } })),
  )
  expect(names).toMatch(/drafts what fits, for any room/)
})

it('catches tokens outside of the vocabulary and malformed trees', async () => {
  const strange = changed((draft) => ({ ...draft, tokens: draft.tokens.map(() => 3), q: { kind: 'point-mass' } }))
  expect(await failures(strange)).toMatch(/drafts what fits/)
  const knotted = changed((draft) => ({ ...draft, parents: draft.tokens.map((_, node) => node) }))
  expect(await failures(knotted)).toMatch(/drafts what fits/)
})

it('catches a q that is no law', async () => {
  const halved = changed((draft) => ({ ...draft, q: { kind: 'dense', rows: rowsOf(draft).map((share) => share / 2) } }))
  expect(await failures(halved)).toMatch(/drafts what fits/)
})

it('catches a q that is not the law of the draw', async () => {
  const flat = changed((draft) => ({
    ...draft,
    q: { kind: 'dense', rows: rowsOf(draft).map(() => 1 / vocabularySize) },
  }))
  expect(await failures(flat)).toMatch(/says the law it draws from/)
})

it('catches an argmax that is declared as a draw', async () => {
  const greedy = changed((draft) => {
    const tokens = draft.tokens.map((_, node) => {
      const row = rowsOf(draft).subarray(node * vocabularySize, (node + 1) * vocabularySize)
      return row.indexOf(Math.max(...row))
    })
    return { ...draft, tokens }
  })
  expect(await failures(greedy)).toMatch(/says the law it draws from/)
})

it('catches a token that was dropped after a look at it', async () => {
  const picky = changed((draft) => {
    const count = draft.tokens[1] === 0 ? 1 : draft.tokens.length
    return {
      tokens: draft.tokens.subarray(0, count),
      q: { kind: 'dense', rows: rowsOf(draft).subarray(0, count * vocabularySize) },
    }
  })
  expect(await failures(picky)).toMatch(/says the law it draws from/)
})

it('catches siblings in order of probability', async () => {
  const sorted = changed((draft) => {
    const tokens = draft.tokens.slice()
    const row = rowsOf(draft)
    if (tokens.length >= 2 && row[tokens[1]!]! > row[tokens[0]!]!) {
      // Children stay with the same node, so only the order of the two siblings' draws is lost.
      tokens.set([tokens[1]!, tokens[0]!])
    }
    const count = Math.min(2, tokens.length)
    const q = { kind: 'dense', rows: row.subarray(0, vocabularySize), rowOf: new Int32Array(count) } as const
    return { tokens: tokens.subarray(0, count), parents: new Int32Array(count).fill(-1), q }
  }, soundTree)
  expect(await failures(sorted)).toMatch(/says the law it draws from/)
})

it('catches uniforms that serve twice or lie outside of their keys', async () => {
  const reusing = (): Drafter => {
    const drafter = sound()
    return { ...drafter, draft: (room, draws) => drafter.draft(room, { uniform: () => draws.uniform(0) }) }
  }
  expect(await failures(reusing)).toMatch(/says the law it draws from/)
  const straying = changed((draft, draws, room) => {
    draws.uniform(room)
    return draft
  })
  expect(await failures(straying)).toMatch(/drafts what fits, for any room/)
})

it('catches a drafter that draws from elsewhere', async () => {
  let state = 0
  const wild = (): Drafter => {
    const drafter = sound()
    return { ...drafter, draft: (room) => drafter.draft(room, { uniform: () => (state = (state + 0.377) % 1) }) }
  }
  expect(await failures(wild)).toMatch(/gives the same drafts for the same draws/)
})

it('catches a drafter that remembers an earlier generation', async () => {
  const clinging = (): Drafter => {
    const drafter = sound()
    let begun = false
    return {
      ...drafter,
      begin(prompt: Int32Array, model: Model) {
        if (!begun) void drafter.begin(prompt, model)
        begun = true
      },
    }
  }
  expect(await failures(clinging)).toMatch(/begins again as if it were new/)
})

it('catches a drafter that meddles with the target', async () => {
  const meddling = (): Drafter => {
    const drafter = sound()
    return {
      ...drafter,
      begin(prompt, model) {
        if (model.length > 0) model.rewind(0)
        return drafter.begin(prompt, model)
      },
    }
  }
  expect(await failures(meddling)).toMatch(/leaves the target alone/)
})

it('catches a fork that nobody disposed', async () => {
  const leaking = (): Drafter => {
    const drafter = sound()
    return {
      ...drafter,
      begin(prompt, model) {
        model.fork()
        return drafter.begin(prompt, model)
      },
    }
  }
  expect(await failures(leaking)).toMatch(/leaves the target alone/)
  expect(await failures(sound, () => 1)).toMatch(/disposed once and for all/)
})

it('catches disposal that fails twice, or that does not hold', async () => {
  const touchy = (): Drafter => {
    const drafter = sound()
    let isDisposed = false
    return {
      ...drafter,
      dispose() {
        if (isDisposed) throw new ForetokenError('DISPOSED', 'Disposed twice.', { fix: 'Dispose once.' })
        isDisposed = true
      },
    }
  }
  expect(await failures(touchy)).toMatch(/disposed once and for all/)
  const undead = (): Drafter => ({ ...sound(), dispose() {}, async [Symbol.asyncDispose]() {} })
  expect(await failures(undead)).toMatch(/disposed once and for all/)
})

it('catches a drafter that keeps borrowed logits', async () => {
  const keeping = (): Drafter => {
    const drafter = sound()
    let lent: Float32Array | undefined
    return {
      ...drafter,
      commit(committed) {
        lent = committed.output.logits
        drafter.commit(committed)
      },
      async draft(room, draws) {
        const draft = await drafter.draft(room, draws)
        if (lent === undefined) return draft
        // What it kept is still there when it drafts, and gone when the draft is looked at after the next step.
        const tokens = draft.tokens.map(() => lent!.indexOf(Math.max(...lent!)) % vocabularySize)
        return { tokens, q: { kind: 'dense', rows: lent.subarray(0, tokens.length * vocabularySize) } }
      },
    }
  }
  expect(await failures(keeping)).not.toBe('')
})

it('catches a wrong manifest', async () => {
  const manifest = { specVersion: SPEC_VERSION, kind: 'verifier', name: 'random', requires: [] } as const
  expect(await failures(() => ({ ...sound(), manifest }))).toMatch(/states its manifest/)
})
