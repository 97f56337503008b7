import { capped, type Draft, type Drafter, firstOf, generate, NO_DRAFT } from '@foretoken/core'
import { checkEqual, checkRefused, checkTokens } from './assertions.ts'
import { checkDraftForm, copyDraft } from './draft-paths.ts'
import { checkedDraftDraws, checkSameDrafts, playRounds } from './drafter-rounds.ts'
import { exactOutput, referenceVerifier } from './exact-output.ts'
import { checkHonesty } from './honest-draft.ts'
import { leakChecked } from './leak-checked.ts'
import { checkManifest } from './manifest-check.ts'
import type { Runner } from './runner.ts'
import { randomTokens } from './toy-laws.ts'
import { type ToyModel, toyModel } from './toy-model.ts'

export interface DrafterSuiteOptions {
  /** A fresh drafter for targets of `vocabularySize` tokens. The suite disposes it. */
  readonly create: () => Drafter | Promise<Drafter>
  /** Default: the manifest's name. */
  readonly name?: string
  /** Default 5. Honesty is enumerated over it, so keep it small. */
  readonly vocabularySize?: number
  /** Levels whose law is enumerated. Default 3. */
  readonly honestLevels?: number
  /** Open states of what the drafter holds itself, such as a draft model's forks; 0 is expected after dispose. */
  readonly live?: () => number
}

interface DrafterCase {
  readonly create: () => Promise<Drafter>
  readonly target: () => ToyModel
  readonly vocabularySize: number
  readonly honestLevels: number
}

/** Prompts of several kinds: one token, random, periodic, one token over and over. */
function promptsOf(vocabularySize: number): Int32Array[] {
  const periodic = Int32Array.from({ length: 11 }, (_, i) => (i % 4) % vocabularySize)
  return [Int32Array.of(1), randomTokens(9, vocabularySize, 1), periodic, new Int32Array(6).fill(2 % vocabularySize)]
}

/**
 * The contract of `Drafter`: drafts that fit, an honest q, determinism, following commits and new beginnings, no side effect on the
 * target, clean disposal, and the exact output of plain decoding under a lossless verifier. The whole suite runs again through
 * `firstOf` and `capped`.
 * @example
 * testDrafter({ describe, it }, { create: () => promptLookup() })
 */
export function testDrafter(runner: Runner, options: DrafterSuiteOptions): void {
  const { vocabularySize = 5, honestLevels = 3, name = 'drafter' } = options
  const wrappers: [string, (drafter: Drafter) => Drafter][] = [
    ['alone', (drafter) => drafter],
    ['in firstOf', (drafter) => firstOf(drafter)],
    ['in firstOf behind another', (drafter) => firstOf(everyOtherRound(), drafter)],
    ['capped', (drafter) => capped(drafter, 2)],
  ]
  runner.describe(name, () => {
    for (const [how, wrap] of wrappers) {
      const create = async () => wrap(await options.create())
      const target = () => toyModel({ vocabularySize, seed: 3 })
      runner.describe(how, () => {
        testDrafts(runner, { create, target, vocabularySize, honestLevels })
        testLives(runner, { create, target, vocabularySize, honestLevels }, options.live)
      })
    }
  })
}

/** Drafts a token in every other round, so that what stands behind it is asked only now and then. */
function everyOtherRound(): Drafter {
  let round = 0
  return {
    manifest: { specVersion: 1, kind: 'drafter', name: 'every-other-round', requires: [] },
    begin() {
      round = 0
    },
    draft: () => (round % 2 === 1 ? { tokens: Int32Array.of(0), q: { kind: 'point-mass' } } : NO_DRAFT),
    commit() {
      round++
    },
    dispose() {},
    async [Symbol.asyncDispose]() {},
  }
}

function testDrafts(runner: Runner, { create, target, vocabularySize, honestLevels }: DrafterCase): void {
  runner.it('states its manifest', async () => {
    await using drafter = await create()
    checkManifest(drafter.manifest, 'drafter')
  })

  runner.it('drafts what fits, for any room', async () => {
    for (const prompt of promptsOf(vocabularySize)) {
      for (const room of [1, 2, 3, 7, 40]) {
        await using drafter = await create()
        const model = target()
        await drafter.begin(prompt, model)
        const draft = await drafter.draft(room, checkedDraftDraws(1, 0, room))
        checkDraftForm(draft, { room, nodes: model.maximumRows - 1, vocabularySize })
      }
    }
  })

  runner.it('drafts what fits into a step of few rows', async () => {
    for (const prompt of promptsOf(vocabularySize)) {
      await using drafter = await create()
      const model = toyModel({ vocabularySize, maximumRows: 3 })
      await playRounds({ drafter, target: model, prompt, rounds: 8, seed: 2, room: () => 9 })
    }
  })

  runner.it('says the law it draws from', async () => {
    for (const prompt of promptsOf(vocabularySize)) await checkHonesty(create, target, prompt, honestLevels)
  })

  runner.it('gives the same drafts for the same draws', async () => {
    for (const prompt of promptsOf(vocabularySize)) {
      const runs: Draft[][] = []
      for (let run = 0; run < 2; run++) {
        await using drafter = await create()
        runs.push(await playRounds({ drafter, target: target(), prompt, rounds: 12, seed: 4 }))
      }
      checkSameDrafts(runs[1]!, runs[0]!, 'The drafts of a second run')
    }
  })

  runner.it('keeps fitting to the end of the context, in any room, asked or not', async () => {
    for (const prompt of promptsOf(vocabularySize)) {
      await using drafter = await create()
      const room = (round: number) => 1 + ((round * 5) % 7)
      const isSkipped = (round: number) => round % 3 === 1
      await playRounds({ drafter, target: target(), prompt, rounds: 80, seed: 5, room, isSkipped })
    }
  })

  runner.it('gives the tokens of plain decoding', async () => {
    await exactOutput({ vocabularySize, drafter: create })
  })
}

function testLives(
  runner: Runner,
  { create, target, vocabularySize }: DrafterCase,
  live: (() => number) | undefined,
): void {
  runner.it('begins again as if it were new', async () => {
    const prompts = promptsOf(vocabularySize)
    const longer = prompts.map((prompt) => Int32Array.of(...prompt, 1, 3 % vocabularySize))
    await using drafter = await create()
    for (const prompt of [...prompts, ...longer.reverse(), prompts[1]!, prompts[1]!]) {
      await using fresh = await create()
      const run = { target: target(), prompt, rounds: 6, seed: 6 }
      const [mine, expected] = [await playRounds({ ...run, drafter }), await playRounds({ ...run, drafter: fresh })]
      checkSameDrafts(mine, expected, 'The drafts after another beginning')
    }
  })

  runner.it('begins again after a draft that was never verified', async () => {
    await using drafter = await create()
    await using fresh = await create()
    const prompt = promptsOf(vocabularySize)[2]!
    await drafter.begin(prompt, target())
    await drafter.draft(3, checkedDraftDraws(8, 0, 3))
    const drafts: Draft[] = []
    for (const each of [drafter, fresh]) {
      await each.begin(prompt, target())
      drafts.push(copyDraft(await each.draft(3, checkedDraftDraws(7, 0, 3))))
    }
    checkSameDrafts(drafts.slice(0, 1), drafts.slice(1), 'The drafts after an abandoned one')
  })

  runner.it('goes on after an abort', async () => {
    await using drafter = await create()
    const run = { prompt: Int32Array.of(1, 0, 2, 1, 0), maxTokens: 30, verifier: referenceVerifier('match') }
    for (let after = 1; after < 4; after++) {
      const controller = new AbortController()
      const model = target()
      let steps = 0
      const step = model.step
      const stepping = Object.assign(model, {
        step: (input: Parameters<typeof step>[0]) => {
          if (++steps === after) controller.abort()
          return step(input)
        },
      })
      const aborted = generate({ ...run, model: stepping, drafter, signal: controller.signal })
      await checkRefused(() => aborted, ['ABORTED'], 'The aborted generation')
    }
    const plain = await generate({ ...run, model: target() })
    const fast = await generate({ ...run, model: target(), drafter })
    checkTokens(fast.tokenIds, plain.tokenIds, 'The tokens after an abort')
  })

  runner.it('leaves the target alone', async () => {
    const { model, leaks } = leakChecked(target())
    await model.step({ tokens: Int32Array.of(1, 2) })
    model.commit(Int32Array.of(0, 1))
    const drafter = await create()
    await drafter.begin(Int32Array.of(1, 2, 0), model)
    await drafter.draft(3, checkedDraftDraws(1, 0, 3))
    checkTokens(model.tokens(), [1, 2], 'The tokens in the target’s cache after drafting')
    await drafter.dispose()
    checkEqual(leaks.live(), 1, 'The number of open states of the target after dispose')
  })

  runner.it('refuses or respects a target of another vocabulary', async () => {
    await using drafter = await create()
    const smaller = toyModel({ vocabularySize: vocabularySize - 1 })
    const prompt = Int32Array.of(0, 1, 0, 1, 0)
    try {
      await drafter.begin(prompt, smaller)
    } catch (error) {
      return checkRefused(() => Promise.reject(error), ['VOCABULARY_MISMATCH'], 'Another vocabulary')
    }
    await playRounds({ drafter, target: smaller, prompt, rounds: 8, seed: 3 })
  })

  runner.it('takes or refuses an empty prompt', async () => {
    await using drafter = await create()
    const room = 3
    try {
      await drafter.begin(new Int32Array(0), target())
      const draft = await drafter.draft(room, checkedDraftDraws(1, 0, room))
      checkDraftForm(draft, { room, nodes: target().maximumRows - 1, vocabularySize })
    } catch (error) {
      await checkRefused(() => Promise.reject(error), ['EMPTY_PROMPT'], 'An empty prompt')
    }
  })

  runner.it('is disposed once and for all', async () => {
    const drafter = await create()
    const prompt = promptsOf(vocabularySize)[2]!
    await playRounds({ drafter, target: target(), prompt, rounds: 3, seed: 9 })
    await drafter.dispose()
    await drafter.dispose()
    await drafter[Symbol.asyncDispose]()
    if (live !== undefined) checkEqual(live(), 0, 'The number of open states after dispose')
    await checkRefused(async () => drafter.begin(prompt, target()), ['DISPOSED'], 'A beginning after dispose')
  })
}
