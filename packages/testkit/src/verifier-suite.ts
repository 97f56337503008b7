import { type Draft, generate, isChain, type Manifest, type Outcome, parentOf, type Verifier } from '@foretoken/core'
import { check, checkEqual, checkRefused, checkTokens } from './assertions.ts'
import { argmaxOf, copyDraft } from './draft-paths.ts'
import {
  type ContextLaw,
  committedLaw,
  type DraftForm,
  everyDraft,
  lawDistance,
  lawRows,
  measuredAcceptance,
  plainLaw,
} from './exact-law.ts'
import { checkDishonesty } from './honesty-check.ts'
import { lawPair, PAIR_FAMILIES } from './law-pairs.ts'
import { checkManifest } from './manifest-check.ts'
import { randomDrafter } from './random-drafter.ts'
import type { Runner } from './runner.ts'
import { numbers, randomLaw } from './toy-laws.ts'
import { toyModel } from './toy-model.ts'

export interface VerifierSuiteOptions {
  readonly create: () => Verifier
  /** Default: the manifest's name. */
  readonly name?: string
  /** False for a verifier that takes chains only; it must then refuse trees. Default true. */
  readonly takesTrees?: boolean
  /** True when it reproduces the plain sampled run of the same seed, token for token. Default false. */
  readonly reproducesPlain?: boolean
  /** Random pairs of laws for each form of draft. Default 4. */
  readonly lawCases?: number
  /**
   * Pairs of laws that are hard in some way, a few for each family of `lawPair` and each form of draft, until there are so many.
   * Default 70.
   */
  readonly lawPairs?: number
  /** How `Verifier.acceptance` wants siblings drawn. Default `independent`. */
  readonly acceptanceSiblings?: 'independent' | 'without-replacement'
}

/** Forms of drafts with up to three tokens committed. */
const CHAINS: readonly DraftForm[] = (['dense', 'sparse', 'point-mass'] as const).flatMap((kind) => [
  { kind, parents: [] },
  { kind, parents: [-1] },
  { kind, parents: [-1, 0] },
])
const TREES: readonly DraftForm[] = [
  { kind: 'dense', parents: [-1, -1] },
  { kind: 'dense', parents: [-1, -1], siblings: 'without-replacement' },
  { kind: 'sparse', parents: [-1, -1, -1], siblings: 'without-replacement' },
  { kind: 'sparse', parents: [-1, -1, 0] },
  { kind: 'dense', parents: [-1, 0, 0], siblings: 'without-replacement' },
  { kind: 'point-mass', parents: [-1, -1, 1] },
]
const VOCABULARY = 3
const EXACT = 1e-12

/**
 * The contract of `Verifier`: valid outcomes, no side effects, uniforms asked for within their keys, the manifest's guarantee. For a lossless
 * verifier the joint law of up to three committed tokens is enumerated, over all drafts and all uniforms, and must be that of
 * plain sampling to 1e-12.
 * @example
 * testVerifier({ describe, it }, { create: speculativeSampling })
 */
export function testVerifier(runner: Runner, options: VerifierSuiteOptions): void {
  const { create, takesTrees = true, lawCases = 4 } = options
  const forms = takesTrees ? [...CHAINS, ...TREES] : CHAINS
  const guarantee = create().manifest.guarantee
  runner.describe(options.name ?? create().manifest.name, () => {
    runner.it('states its manifest', async () => checkVerifierManifest(create().manifest))
    for (const form of forms) {
      runner.it(`decides ${describeForm(form)}`, async () => checkOutcomes(create(), form))
      if (guarantee !== 'lossless') continue
      runner.it(`keeps the law with ${describeForm(form)}`, async () => {
        for (let seed = 0; seed < lawCases; seed++) await checkLaw(create(), form, seed)
      })
    }
    if (guarantee === 'lossless') {
      pairTests(runner, options)
      runner.it('is not taken in by a dishonest law', async () => checkDishonesty(create))
    }
    if (create().acceptance !== undefined) acceptanceTests(runner, options)
    if (!takesTrees) runner.it('refuses a tree', async () => checkTreeRefused(create()))
    if (guarantee !== 'lossy') runner.it('gives the tokens of plain greedy decoding', async () => checkGreedy(create()))
    if (options.reproducesPlain) {
      runner.it('reproduces the plain sampled run of the same seed', async () => checkReproduction(create()))
    }
  })
}

function describeForm({ parents, kind, siblings }: DraftForm): string {
  const shape = { tokens: Int32Array.from(parents), parents: Int32Array.from(parents) }
  if (parents.length === 0) return `an empty draft (${kind})`
  if (isChain(shape)) return `a ${kind} chain of ${parents.length}`
  return `a ${kind} tree with parents ${parents.join(' ')}${siblings ? `, siblings ${siblings}` : ''}`
}

/** Forms for pairs of laws, with the vocabulary that keeps their enumeration small. */
const PAIR_FORMS: readonly (DraftForm & { readonly sizes: readonly number[] })[] = [
  { kind: 'dense', parents: [-1], sizes: [2, 3, 4, 5, 6] },
  { kind: 'sparse', parents: [-1, 0], sizes: [2, 3, 4] },
  { kind: 'point-mass', parents: [-1, 0], sizes: [2, 4, 6] },
  { kind: 'dense', parents: [-1, -1], sizes: [2, 3, 4] },
  { kind: 'sparse', parents: [-1, -1, -1], sizes: [2, 3] },
  { kind: 'dense', parents: [-1, 0, -1, 2], sizes: [2] },
  { kind: 'dense', parents: [-1, -1], siblings: 'without-replacement', sizes: [3, 4, 5] },
  { kind: 'sparse', parents: [-1, -1, -1], siblings: 'without-replacement', sizes: [4] },
  { kind: 'dense', parents: [-1, -1, 0, 0], siblings: 'without-replacement', sizes: [3] },
  { kind: 'point-mass', parents: [-1, -1, 0], sizes: [3, 4, 6] },
]

function pairTests(runner: Runner, { create, takesTrees = true, lawPairs = 70 }: VerifierSuiteOptions): void {
  const forms = PAIR_FORMS.filter(({ parents }) => takesTrees || parents.every((parent, node) => parent === node - 1))
  const each = Math.ceil(lawPairs / (forms.length * PAIR_FAMILIES.length))
  for (const form of forms) {
    for (const family of PAIR_FAMILIES) {
      runner.it(`keeps the law with ${describeForm(form)}; p and q ${family}`, async () => {
        for (let seed = 0; seed < each; seed++) {
          const vocabularySize = form.sizes[seed % form.sizes.length]!
          const pair = lawPair(family, seed, vocabularySize, mostSiblings(form))
          const law = await committedLaw({ verifier: create(), vocabularySize, form, ...pair })
          const distance = lawDistance(law, plainLaw(pair.p, [...law.keys()][0]!.split(',').length))
          check(distance <= EXACT, `The law is off by ${distance}, case ${seed}; ${EXACT} was expected.`)
        }
      })
    }
  }
}

/** Tokens that q must leave possible. */
function mostSiblings({ parents, siblings }: DraftForm): number {
  if (siblings !== 'without-replacement') return 1
  return Math.max(...parents.map((parent) => parents.filter((other) => other === parent).length))
}

function acceptanceTests(runner: Runner, options: VerifierSuiteOptions): void {
  const { create, takesTrees = true, acceptanceSiblings: siblings = 'independent' } = options
  for (const family of PAIR_FAMILIES) {
    runner.it(`accepts as often as it says; p and q ${family}`, async () => {
      for (const candidates of takesTrees ? [1, 2, 3] : [1]) {
        for (let seed = 0; seed < 4; seed++) {
          const verifier = create()
          const vocabularySize = siblings === 'without-replacement' ? 4 : 2 + (seed % 3)
          const { p, q } = lawPair(family, 100 + seed, vocabularySize, siblings === 'independent' ? 1 : candidates)
          const form: DraftForm = { kind: 'dense', parents: new Array<number>(candidates).fill(-1), siblings }
          const measured = await measuredAcceptance({ verifier, vocabularySize, p, q, form })
          const said = verifier.acceptance!(p([]), q([]), candidates)
          const message = `Of ${candidates} candidates one is accepted with ${measured}; acceptance() said ${said}.`
          check(Math.abs(measured - said) <= EXACT, message)
        }
      }
    })
  }
}

function checkVerifierManifest(manifest: Manifest): void {
  checkManifest(manifest, 'verifier')
  const { guarantee, changes } = manifest
  check(guarantee !== undefined, 'A verifier must state its guarantee.')
  check((guarantee === 'lossy') === (changes !== undefined), 'A lossy verifier, and no other, says what changes.')
}

/** Random laws by context, some of them with impossible tokens. `least` tokens stay possible. */
export function randomContextLaw(seed: number, vocabularySize: number, least = 1): ContextLaw {
  const rows = new Map<string, Float32Array>()
  return (context) => {
    const key = context.join(',')
    let row = rows.get(key)
    if (row === undefined) {
      const next = numbers(1 + seed * 1009 + context.reduce((sum, token) => sum * 11 + token + 1, 0))
      row = randomLaw(vocabularySize, next, least + Math.floor(next() * (vocabularySize - least + 1)))
      rows.set(key, row)
    }
    return row
  }
}

async function checkLaw(verifier: Verifier, form: DraftForm, seed: number): Promise<void> {
  const p = randomContextLaw(2 * seed, VOCABULARY)
  const q = randomContextLaw(2 * seed + 1, VOCABULARY, form.siblings ? VOCABULARY : 1)
  const law = await committedLaw({ verifier, vocabularySize: VOCABULARY, p, q, form })
  const length = [...law.keys()][0]!.split(',').length
  const distance = lawDistance(law, plainLaw(p, length))
  check(
    distance <= EXACT,
    `The law of the committed tokens is off by ${distance}, case ${seed}; ${EXACT} was expected.`,
  )
}

/** Every draft of a form under a few uniforms: outcomes are valid and nothing is changed or remembered. */
async function checkOutcomes(verifier: Verifier, form: DraftForm): Promise<void> {
  const p = randomContextLaw(7, VOCABULARY)
  const q = randomContextLaw(8, VOCABULARY, form.siblings ? VOCABULARY : 1)
  const levels = form.parents.length
  for (const { draft } of everyDraft({ vocabularySize: VOCABULARY, p, q, form })) {
    for (const isGreedy of [false, true]) {
      for (const u of [0, 0.3, 0.7, 1 - 2 ** -53]) {
        const before = copyDraft(draft)
        const decide = () => verifier.verify(draft, lawRows(VOCABULARY, draft, p, isGreedy), checkedDraws(levels, u))
        const outcome = decide()
        checkOutcome(draft, outcome)
        if (!isGreedy) check(isPossible(draft, outcome, p), 'A token was committed that the target excludes.')
        if (isGreedy && verifier.manifest.guarantee !== 'lossy') checkGreedyOutcome(draft, outcome, p)
        checkEqual(JSON.stringify(decide()), JSON.stringify(outcome), 'The outcome of the same call again')
        checkEqual(JSON.stringify(draft), JSON.stringify(before), 'The draft after verification')
      }
    }
  }
}

/** One uniform for every key; keys outside the draft are refused. */
function checkedDraws(levels: number, u: number) {
  const at = (offset: number, index = 0): number => {
    const isInside =
      Number.isInteger(offset) && offset >= 0 && offset <= levels && Number.isInteger(index) && index >= 0
    check(isInside, `A uniform was drawn at offset ${offset}, index ${index}; the draft has ${levels} levels at most.`)
    return u
  }
  return { sample: (offset: number) => at(offset), accept: at, correct: (offset: number) => at(offset) }
}

function checkOutcome(draft: Draft, { path, token, kind }: Outcome): void {
  check(path instanceof Int32Array, 'Outcome.path must be an Int32Array.')
  let at = -1
  for (const node of path) {
    check(node >= 0 && node < draft.tokens.length, `The path holds node ${node} of ${draft.tokens.length}.`)
    checkEqual(parentOf(draft, node), at, `The parent of node ${node} in the path`)
    at = node
  }
  check(Number.isInteger(token) && token >= 0 && token < VOCABULARY, `The outcome's token is ${token}.`)
  const isLeaf = draft.tokens.every((_, node) => parentOf(draft, node) !== at)
  checkEqual(kind, isLeaf ? 'bonus' : 'corrected', `The outcome's kind after the path [${path.join(', ')}]`)
}

/** True when the target gives the committed tokens a probability above 0. */
function isPossible(draft: Draft, { path, token }: Outcome, p: ContextLaw): boolean {
  const tokens = [...Array.from(path, (node) => draft.tokens[node]!), token]
  return tokens.every((each, i) => p(tokens.slice(0, i))[each]! > 0)
}

function checkGreedyOutcome(draft: Draft, { path, token }: Outcome, p: ContextLaw): void {
  const tokens = [...Array.from(path, (node) => draft.tokens[node]!), token]
  for (const [i, each] of tokens.entries()) {
    checkEqual(each, argmaxOf(p(tokens.slice(0, i))), `The greedy token at position ${i}`)
  }
}

async function checkTreeRefused(verifier: Verifier): Promise<void> {
  const draft: Draft = { tokens: Int32Array.of(0, 1), parents: Int32Array.of(-1, -1), q: { kind: 'point-mass' } }
  const rows = lawRows(VOCABULARY, draft, randomContextLaw(7, VOCABULARY))
  await checkRefused(
    () => verifier.verify(draft, rows, checkedDraws(1, 0.5)),
    ['INVALID_DRAFT', 'UNSUPPORTED'],
    'A tree',
  )
}

async function checkGreedy(verifier: Verifier): Promise<void> {
  for (let seed = 0; seed < 4; seed++) {
    const common = { prompt: Int32Array.of(1, 2, 3), maxTokens: 40 }
    const plain = await generate({ ...common, model: toyModel({ vocabularySize: 5, seed }) })
    const drafter = randomDrafter({ vocabularySize: 5, levels: 3, seed })
    const fast = await generate({ ...common, model: toyModel({ vocabularySize: 5, seed }), drafter, verifier })
    checkTokens(fast.tokenIds, plain.tokenIds, 'The greedy tokens')
  }
}

async function checkReproduction(verifier: Verifier): Promise<void> {
  for (let seed = 0; seed < 4; seed++) {
    const common = { prompt: Int32Array.of(1, 2, 3), maxTokens: 40, temperature: 1, seed }
    const plain = await generate({ ...common, model: toyModel({ vocabularySize: 5 }) })
    const drafter = randomDrafter({ vocabularySize: 5, levels: 3, seed })
    const fast = await generate({ ...common, model: toyModel({ vocabularySize: 5 }), drafter, verifier })
    checkTokens(fast.tokenIds, plain.tokenIds, 'The sampled tokens')
  }
}
