import { loadModel } from '@foretoken/backend-node'
import type { Tokenizer } from '@foretoken/checkpoint'
import { capped, type Drafter, generate, type Model, rng, SPEC_VERSION, softmax, type Verifier } from '@foretoken/core'
import { draftModel } from '@foretoken/drafter-draft-model'
import { iidChains } from '@foretoken/drafter-iid-chains'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { recursiveTree } from '@foretoken/drafter-recursive-tree'
import { examplePrompt } from '@foretoken/model-stories'
import { type ChiSquare, chiSquare } from '@foretoken/testkit'
import { block } from '@foretoken/verifier-block'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { kSeq } from '@foretoken/verifier-k-seq'
import { recursiveRejection } from '@foretoken/verifier-recursive-rejection'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { feed, type ModelChoice, prepared } from './model.ts'
import { rankShare } from './rank-share.ts'
import { type CommonOptions, type Findings, say } from './report.ts'
import { type SiblingOptions, siblingDrafter } from './sibling-drafter.ts'
import { table } from './table.ts'

export interface LawOptions extends CommonOptions, Omit<ModelChoice, 'model'> {
  /** Independent texts for each composition. */
  readonly texts: number
  /** Tokens of each. */
  readonly tokens: number
  readonly levels: number
  readonly threads: number
}

/** How well sampled tokens follow the target's law. */
interface LawResult {
  readonly composition: string
  /** Whether the law must hold: the control must fail. */
  readonly mustHold: boolean
  readonly tokens: number
  readonly meanAcceptanceLength: number
  /** Of single tokens, and of neighbours. */
  readonly single: ChiSquare
  readonly pairs: ChiSquare
  readonly holds: boolean
}

const ALPHA = 0.001
/** What a wrong verifier must fall below, so that the test is known to see. */
const BLIND = 1e-6
const BINS = 50
const PAIR_BINS = 8

interface Composition {
  readonly name: string
  readonly mustHold: boolean
  readonly verifier?: Verifier
  drafter?(): Drafter
}

/**
 * Chi-square at temperature 1 through the real runtime. For each sampled token x with target law p after its prefix, F(x) +
 * v p(x) is uniform on [0, 1) and independent of the others, where F adds up the more probable tokens and v is uniform:
 * counted in bins, alone and with its neighbour.
 */
export async function law(options: LawOptions): Promise<Findings> {
  const { texts, tokens, levels, threads } = options
  const handle = await prepared({ ...options, model: 'stories' })
  const draft = await prepared({ ...options, model: 'stories-draft' })
  const load = (folder: string): Promise<Model> => loadModel(folder, { threads, worker: false })
  const [target, judge, small] = [await load(handle.folder), await load(handle.folder), await load(draft.folder)]
  try {
    const bench = { target, judge, prompt: promptOf(handle.tokenizer), options }
    const results: LawResult[] = []
    for (const composition of compositions(small, levels)) {
      results.push(await tryLaw(bench, composition))
      say(`${composition.name}: p = ${results.at(-1)!.single.pValue.toPrecision(3)}`)
    }
    const replayed = await sameAsPlain(bench, compositions(small, levels)[1]!.drafter!)
    const holds = replayed && results.every((result) => result.holds)
    return {
      settings: { texts, tokens, levels, threads, temperature: 1, alpha: ALPHA },
      results: { compositions: results, exactMatchReplaysPlain: replayed },
      text: lawText(results, replayed),
      holds,
    }
  } finally {
    for (const model of [target, judge, small]) await model.dispose()
  }
}

const promptOf = (tokenizer: Tokenizer): Int32Array => tokenizer.encode(examplePrompt, { begin: true })

function compositions(small: Model, levels: number): Composition[] {
  const model = () => capped(draftModel({ model: small, temperature: 1 }), levels)
  const tree = (siblings: SiblingOptions['siblings']) => () => siblingDrafter({ model: small, width: 3, siblings })
  const lookup = () => capped(promptLookup({ minimumNgram: 1 }), levels)
  return [
    { name: 'plain', mustHold: true },
    { name: 'draft-model, speculative-sampling', mustHold: true, drafter: model, verifier: speculativeSampling() },
    { name: 'draft-model, exact-match', mustHold: true, drafter: model, verifier: exactMatch() },
    { name: 'draft-model, block', mustHold: true, drafter: model, verifier: block() },
    { name: 'prompt-lookup, speculative-sampling', mustHold: true, drafter: lookup, verifier: speculativeSampling() },
    ...trees(tree),
    ...drafted(small, levels),
    { name: 'draft-model, accepting all (control)', mustHold: false, drafter: model, verifier: acceptingAll() },
  ]
}

/** Verifiers that take trees, with the drafts they are meant for and a tree of chosen tokens. */
function trees(tree: (siblings: SiblingOptions['siblings']) => () => Drafter): Composition[] {
  const meant = [
    { verifier: speculativeSampling(), siblings: 'independent' },
    { verifier: speculativeSampling(), siblings: 'chosen' },
    { verifier: recursiveRejection(), siblings: 'without-replacement' },
    { verifier: kSeq(), siblings: 'independent' },
  ] as const
  return meant.map(({ verifier, siblings }) => {
    const name = `siblings ${siblings}, ${verifier.manifest.name}`
    return { name, mustHold: true, drafter: tree(siblings), verifier }
  })
}

/** Trees and chains of the drafters that write them, each under the verifier it is meant for. */
function drafted(model: Model, levels: number): Composition[] {
  const fixed = new Array<number>(levels - 1).fill(1)
  return [
    {
      name: 'recursive-tree (RSD-C), recursive-rejection',
      drafter: () => recursiveTree({ model, temperature: 1, branching: [3, ...fixed] }),
      verifier: recursiveRejection(),
    },
    {
      name: 'recursive-tree (RSD-S), recursive-rejection',
      drafter: () => recursiveTree({ model, temperature: 1, width: 3, levels }),
      verifier: recursiveRejection(),
    },
    {
      name: 'iid-chains, k-seq',
      drafter: () => iidChains({ model, chains: 3, levels }),
      verifier: kSeq(),
    },
  ].map((composition) => ({ ...composition, mustHold: true }))
}

/** A wrong verifier: it believes every draft. */
function acceptingAll(): Verifier {
  return {
    manifest: {
      specVersion: SPEC_VERSION,
      kind: 'verifier',
      name: 'accepting-all',
      requires: [],
      guarantee: 'lossy',
    },
    verify(draft, target, draws) {
      const path = Int32Array.from(draft.tokens.keys())
      const token = target.sample(path.length - 1, draws.sample(path.length))
      return { path, token, kind: 'bonus' }
    },
  }
}

interface Bench {
  readonly target: Model
  /** Scores what the target wrote, in one pass. */
  readonly judge: Model
  readonly prompt: Int32Array
  readonly options: LawOptions
}

async function tryLaw({ target, judge, prompt, options }: Bench, composition: Composition): Promise<LawResult> {
  const { texts, tokens, seed } = options
  const { uniform } = rng(seed + 0x1aa)
  const [single, pairs] = [new Float64Array(BINS), new Float64Array(PAIR_BINS ** 2)]
  let lengths = 0
  for (let i = 0; i < texts; i++) {
    target.rewind(0)
    const { name, mustHold, drafter, ...verifier } = composition
    const parts = drafter ? { drafter: drafter(), ...verifier } : {}
    const { tokenIds, stats } = await generate({
      model: target,
      prompt,
      maxTokens: tokens,
      temperature: 1,
      seed: seed + i,
      ...parts,
    })
    lengths += stats.meanAcceptanceLength
    const shares = await sharesOf(judge, prompt, tokenIds, (k) => uniform(0, i, k))
    for (const [k, share] of shares.entries()) {
      single[Math.floor(share * BINS)]!++
      // Disjoint pairs: each share is counted once.
      if (k % 2 === 1) pairs[Math.floor(shares[k - 1]! * PAIR_BINS) * PAIR_BINS + Math.floor(share * PAIR_BINS)]!++
    }
  }
  const tests = { single: uniformity(single), pairs: uniformity(pairs) }
  const { name, mustHold } = composition
  const holds = mustHold ? tests.single.pValue > ALPHA && tests.pairs.pValue > ALPHA : tests.single.pValue < BLIND
  return { composition: name, mustHold, tokens: texts * tokens, meanAcceptanceLength: lengths / texts, ...tests, holds }
}

const uniformity = (counts: Float64Array): ChiSquare =>
  chiSquare(counts, new Float64Array(counts.length).fill(1 / counts.length))

/** Where each token stands in its law, uniform on [0, 1) if it was drawn from that. */
async function sharesOf(
  judge: Model,
  prompt: Int32Array,
  tokens: Int32Array,
  uniform: (k: number) => number,
): Promise<number[]> {
  const { vocabularySize, maximumRows } = judge
  judge.rewind(0)
  await feed(judge, prompt.subarray(0, -1))
  const text = Int32Array.of(prompt.at(-1)!, ...tokens)
  const shares: number[] = []
  for (let from = 0; from < tokens.length; from += maximumRows) {
    const rows = text.subarray(from, Math.min(from + maximumRows, tokens.length))
    const { logits } = await judge.step({ tokens: rows })
    for (let row = 0; row < rows.length; row++) {
      const law = logits.subarray(row * vocabularySize, (row + 1) * vocabularySize)
      softmax(law, 1, law)
      shares.push(rankShare(law, text[from + row + 1]!, uniform(from + row)))
    }
    judge.commit(Int32Array.from(rows.keys()))
  }
  return shares
}

/** Whether exact matching gives the plain sampled run of the same seed, token for token. */
async function sameAsPlain({ target, prompt, options }: Bench, drafter: () => Drafter): Promise<boolean> {
  for (let seed = options.seed; seed < options.seed + 5; seed++) {
    const common = { model: target, prompt, maxTokens: options.tokens, temperature: 1, seed }
    target.rewind(0)
    const plain = await generate(common)
    target.rewind(0)
    const matched = await generate({ ...common, drafter: drafter(), verifier: exactMatch() })
    if (plain.tokenIds.join() !== matched.tokenIds.join()) return false
  }
  return true
}

function lawText(results: readonly LawResult[], replayed: boolean): string {
  const rows = results.map(({ composition, tokens, meanAcceptanceLength, single, pairs, holds }) => [
    composition,
    tokens,
    meanAcceptanceLength,
    single.pValue.toPrecision(3),
    pairs.pValue.toPrecision(3),
    holds ? 'yes' : 'NO',
  ])
  const columns = [
    { title: 'composition' },
    { title: 'tokens', digits: 0 },
    { title: 'mean acceptance length', digits: 2 },
    { title: 'p of tokens' },
    { title: 'p of pairs' },
    { title: 'as expected' },
  ]
  return `${table(columns, rows)}\n\nExact matching replays the plain sampled run: ${replayed ? 'yes' : 'NO'}`
}
