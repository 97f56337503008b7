import { capped, type Drafter, softmax } from '@foretoken/core'
import { draftModel } from '@foretoken/drafter-draft-model'
import { iidChains } from '@foretoken/drafter-iid-chains'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { recursiveTree } from '@foretoken/drafter-recursive-tree'
import { retokenized, type TextTokenizer } from '@foretoken/drafter-retokenized'
import { suffix } from '@foretoken/drafter-suffix'
import { type ContextLaw, type DraftForm, everyDraft, type ToyLogits, toyModel } from '@foretoken/testkit'
import { type Drafted, everyDrafted, type IsValue } from './drafted.ts'
import { exactTable } from './exact-table.ts'
import type { Drafts } from './joint-law.ts'

export type Shape = 'chain' | 'independent chains' | 'tree without replacement' | 'deterministic tree'
export type Kind = DraftForm['kind']

/** One kind of draft, and who writes it. */
export interface DraftKind {
  readonly shape: Shape
  readonly kind: Kind
  /** The drafter with its options; `none` where no drafter writes this kind and the form alone is enumerated. */
  readonly by: string
  readonly vocabularySize: number
  /** The target's law by the whole context. */
  readonly p: ContextLaw
  readonly drafts: Drafts
  /** The drafter itself, after a context. */
  readonly create?: (() => Drafter) | undefined
}

/** What all texts begin with; copied text gives the drafters that look things up something to find. */
export const CONTEXT: readonly number[] = [1, 2, 1, 0, 1, 2, 1]

export const lawOf = (logits: ToyLogits): ContextLaw => {
  const laws = new Map<string, Float32Array>()
  return (context) => {
    const key = context.join(',')
    const law = laws.get(key) ?? Float32Array.from(logits(context))
    if (!laws.has(key)) softmax(law, 1, law)
    laws.set(key, law)
    return law
  }
}

interface Real {
  readonly shape: Shape
  readonly kind: Kind
  readonly by: string
  readonly vocabularySize: number
  readonly create: () => Drafter
  readonly isValue?: IsValue
}

function written({ isValue, ...real }: Real): DraftKind {
  const { vocabularySize, create } = real
  const known = new Map<string, Promise<Drafted[]>>()
  const drafts: Drafts = (context, room) => {
    if (room === 0) return Promise.resolve(NO_DRAFT)
    const key = context.join(',')
    // Two levels compare values; one keeps all its tokens.
    const values = room > 1 ? isValue : undefined
    const found = known.get(key) ?? everyDrafted({ drafter: create(), vocabularySize, context, room, isValue: values })
    known.set(key, found)
    return found
  }
  return { ...real, p: lawOf(exactTable({ vocabularySize, seed: 1, impossible: 0.15 })), drafts }
}

const NO_DRAFT: readonly Drafted[] = [
  { draft: { tokens: new Int32Array(0), q: { kind: 'point-mass' } }, probability: 1 },
]

/** A form that no drafter writes, from laws of its own. */
function formed(shape: Shape, form: DraftForm, vocabularySize: number): DraftKind {
  const q = lawOf(exactTable({ vocabularySize, seed: 2 }))
  const drafts: Drafts = async (context, room) => {
    if (room === 0) return NO_DRAFT
    const depths: number[] = []
    for (const parent of form.parents) depths.push(parent < 0 ? 1 : depths[parent]! + 1)
    const parents = room > 1 ? form.parents : form.parents.filter((_, node) => depths[node] === 1)
    const law: ContextLaw = (path) => q([...context, ...path])
    return [...everyDraft({ vocabularySize, p: law, q: law, form: { ...form, parents } })]
  }
  const p = lawOf(exactTable({ vocabularySize, seed: 1, impossible: 0.15 }))
  return { shape, kind: form.kind, by: 'none', vocabularySize, p, drafts }
}

/** A model that drafts, exact at the temperature it is used with. */
const small = (vocabularySize: number, options: { temperature?: number; tokens?: readonly number[] } = {}) =>
  toyModel({ vocabularySize, logits: exactTable({ vocabularySize, seed: 2, impossible: 0.1, ...options }) })

/** Single letters, so that text and tokens say the same; other letters are left out. */
const letters = (alphabet: string): TextTokenizer => ({
  vocabularySize: alphabet.length,
  tokenBytes: (token) => new TextEncoder().encode(alphabet[token]!),
  encode: (text) => Int32Array.from([...text].map((letter) => alphabet.indexOf(letter)).filter((token) => token >= 0)),
})

const chains: readonly Real[] = [
  {
    by: 'draft-model',
    kind: 'dense',
    vocabularySize: 6,
    create: () => draftModel({ model: small(6), temperature: 1 }),
  },
  {
    by: 'draft-model, temperature 0.6',
    kind: 'dense',
    vocabularySize: 4,
    create: () => draftModel({ model: small(4, { temperature: 0.6 }), temperature: 0.6 }),
  },
  {
    by: 'draft-model, vocabulary 0 1 3',
    kind: 'sparse',
    vocabularySize: 4,
    create: () => draftModel({ model: small(4, { tokens: [0, 1, 3] }), temperature: 1, vocabulary: [0, 1, 3] }),
  },
  {
    by: 'retokenized, shared tokens',
    kind: 'sparse',
    vocabularySize: 4,
    create: () =>
      retokenized({
        model: small(4, { tokens: [0, 1, 2] }),
        tokenizers: { draft: letters('cabd'), target: letters('abce') },
        form: 'shared-tokens',
        temperature: 1,
      }),
  },
  {
    by: 'draft-model, temperature 0',
    kind: 'point-mass',
    vocabularySize: 5,
    create: () => draftModel({ model: small(5) }),
  },
  {
    by: 'prompt-lookup',
    kind: 'point-mass',
    vocabularySize: 4,
    create: () => capped(promptLookup({ minimumNgram: 1 }), 2),
  },
].map((real) => ({ shape: 'chain', ...real }) as Real)

const trees: readonly Real[] = [
  {
    shape: 'independent chains',
    kind: 'dense',
    by: 'iid-chains, 2 of 2',
    vocabularySize: 3,
    create: () => iidChains({ model: small(3), chains: 2, levels: 2 }),
  },
  {
    shape: 'independent chains',
    kind: 'dense',
    by: 'iid-chains, 3 of 1',
    vocabularySize: 4,
    create: () => iidChains({ model: small(4), chains: 3, levels: 1 }),
  },
  {
    shape: 'tree without replacement',
    kind: 'dense',
    by: 'recursive-tree, RSD-C 2 1',
    vocabularySize: 3,
    create: () => recursiveTree({ model: small(3), temperature: 1, branching: [2, 1] }),
  },
  {
    shape: 'tree without replacement',
    kind: 'dense',
    by: 'recursive-tree, RSD-C 1 3',
    vocabularySize: 3,
    create: () => recursiveTree({ model: small(3), temperature: 1, branching: [1, 3] }),
  },
  {
    shape: 'tree without replacement',
    kind: 'dense',
    by: 'recursive-tree, RSD-S 2 of 2',
    vocabularySize: 3,
    create: () => recursiveTree({ model: small(3), temperature: 1, width: 2, levels: 2 }),
    isValue: (_, index) => index % 2 === 1,
  },
  {
    shape: 'deterministic tree',
    kind: 'point-mass',
    by: 'recursive-tree, temperature 0',
    vocabularySize: 5,
    create: () => recursiveTree({ model: small(5), branching: [3, 2] }),
  },
  {
    shape: 'deterministic tree',
    kind: 'point-mass',
    by: 'suffix, tree',
    vocabularySize: 4,
    create: () => suffix({ shape: 'tree', minimumProbability: 0.01, offset: 2 }),
  },
]

/**
 * Every kind of draft there is. Not among them: point masses of independent chains or without replacement, since a point mass is
 * chosen, not drawn; and laws of a deterministic tree, for the same reason.
 */
export const draftKinds = (): readonly DraftKind[] => [
  ...[...chains, ...trees].map(written),
  formed('independent chains', { kind: 'sparse', parents: [-1, 0, -1, 2] }, 2),
  formed('independent chains', { kind: 'sparse', parents: [-1, -1, 1] }, 3),
  formed('tree without replacement', { kind: 'sparse', parents: [-1, -1, 0], siblings: 'without-replacement' }, 3),
]
