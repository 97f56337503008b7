import {
  type Committed,
  type Draft,
  type Drafter,
  type Draws,
  NO_DRAFT,
  nextChild,
  parentOf,
  rng,
  STREAMS,
} from '@foretoken/core'
import { check } from './assertions.ts'
import { checkDraftForm, copyDraft } from './draft-paths.ts'
import type { ToyModel } from './toy-model.ts'

export interface RoundsOptions {
  readonly drafter: Drafter
  readonly target: ToyModel
  readonly prompt: Int32Array
  readonly rounds: number
  readonly seed: number
  /** Room of a round. Default 4. */
  readonly room?: (round: number) => number
  /** Rounds in which the drafter is not asked and an empty draft is verified. Default none. */
  readonly isSkipped?: (round: number) => boolean
}

/** Uniforms of one round; refuses keys outside the room. */
export function checkedDraftDraws(seed: number, round: number, room: number): Draws {
  const source = rng(seed)
  return {
    uniform(offset, index = 0) {
      const isInside = Number.isInteger(offset) && offset >= 0 && offset < room && Number.isInteger(index) && index >= 0
      check(isInside, `A uniform was drawn at offset ${offset}, index ${index}; there was room for ${room} levels.`)
      return source.uniform(STREAMS.draft, offset, index, round)
    },
  }
}

/**
 * Plays rounds without a verifier: a varying number of levels is accepted along the first children, then the target's most
 * probable token follows.
 * @returns Copies of the drafts.
 */
export async function playRounds(options: RoundsOptions): Promise<Draft[]> {
  const { drafter, target, prompt, rounds, seed, room = () => 4, isSkipped = () => false } = options
  const drafts: Draft[] = []
  await drafter.begin(prompt, target)
  target.rewind(0)
  let pending = prompt
  for (let round = 0; round < rounds; round++) {
    const left = Math.min(room(round), target.contextLength - target.length - pending.length)
    if (left < 1) break
    const draft = isSkipped(round) ? NO_DRAFT : await drafter.draft(left, checkedDraftDraws(seed, round, left))
    checkDraftForm(draft, { room: left, nodes: target.maximumRows - 1, vocabularySize: target.vocabularySize })
    drafts.push(copyDraft(draft))
    const before = target.tokens()
    const committed = await playRound(target, pending, draft, (seed + round) % 3)
    check(before.length < target.length, 'The round committed nothing.')
    await drafter.commit(committed)
    pending = committed.tokens.subarray(-1)
  }
  return drafts
}

async function playRound(target: ToyModel, pending: Int32Array, draft: Draft, most: number): Promise<Committed> {
  let rest = pending
  for (; rest.length + draft.tokens.length > target.maximumRows; rest = rest.subarray(1)) {
    await target.step({ tokens: rest.subarray(0, 1), logitsFor: new Int32Array(0) })
    target.commit(Int32Array.of(0))
  }
  const base = rest.length - 1
  const tokens = Int32Array.of(...rest, ...draft.tokens)
  const parents = tokens.map((_, row) => (row <= base ? row - 1 : base + 1 + parentOf(draft, row - base - 1)))
  const logitsFor = tokens.subarray(base).map((_, row) => base + row)
  const output = await target.step({ tokens, parents, logitsFor })
  const path: number[] = []
  for (let node = nextChild(draft, -1); node >= 0 && path.length < most; node = nextChild(draft, node)) path.push(node)
  const rows = Int32Array.from({ length: base + 1 + path.length }, (_, i) =>
    i <= base ? i : base + 1 + path[i - base - 1]!,
  )
  target.commit(rows)
  const accepted = path.map((node) => draft.tokens[node]!)
  const last = target.logits([...target.tokens()])
  const token = last.indexOf(Math.max(...last))
  const isLeaf = nextChild(draft, path.at(-1) ?? -1) < 0
  const kind = isLeaf ? 'bonus' : 'corrected'
  return { path: Int32Array.from(path), token, kind, tokens: Int32Array.of(...accepted, token), draft, output, base }
}

/** @throws Unless both runs drafted the same; names the first round that differs. */
export function checkSameDrafts(actual: readonly Draft[], expected: readonly Draft[], what: string): void {
  const length = Math.max(actual.length, expected.length)
  for (let round = 0; round < length; round++) {
    const [mine, theirs] = [actual[round], expected[round]]
    const isSame = JSON.stringify(mine) === JSON.stringify(theirs)
    const [found, wanted] = [mine?.tokens.join(', ') ?? 'no draft', theirs?.tokens.join(', ') ?? 'no draft']
    check(isSame, `${what} differ in round ${round}, tokens or q: [${found}] instead of [${wanted}].`)
  }
}
