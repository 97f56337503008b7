// Grammar, drafter and verifier together: over small vocabularies every combination has the law of constrained plain
// decoding, to 1e-12. Rounds are played as `decode` plays them, over all uniforms of drafter and verifier.
import {
  type Constraint,
  constrain,
  constrained,
  type Grammar,
  rule,
  terminal,
  vocabulary,
  withinConstraint,
} from '@foretoken/constraint'
import {
  categorical,
  type Draft,
  type Drafter,
  firstOf,
  isChain,
  NO_DRAFT,
  SPEC_VERSION,
  targetLaws,
  type Verifier,
} from '@foretoken/core'
import { forced, forcedTokens } from '@foretoken/drafter-forced'
import { suffix } from '@foretoken/drafter-suffix'
import { lawDistance, lawOverUniforms, toyModel } from '@foretoken/testkit'
import { block } from '@foretoken/verifier-block'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { kSeq } from '@foretoken/verifier-k-seq'
import { recursiveRejection } from '@foretoken/verifier-recursive-rejection'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { describe, expect, it } from 'vitest'

/** Tokens of a text that are looked at. */
const LENGTH = 2
const SIZE = 6

/**
 * A grammar over six tokens. Wherever it leads, 1, 2 or 4 are allowed, and what is drafted is a multiple of powers of two on them:
 * float32 holds every law exactly.
 */
interface World {
  readonly constraint: Constraint
  readonly tokenizer: ReturnType<typeof tokenizerOf>
  readonly stop: number
  /** Laws of a drafter that knows nothing of the grammar, [laws][vocabulary]. */
  readonly laws: readonly Float32Array[]
}

/** Cuts text into its longest words from the left. The empty word is the stop token. */
function tokenizerOf(words: readonly string[]) {
  const byLength = [...words.keys()]
    .filter((id) => words[id] !== '')
    .sort((a, b) => words[b]!.length - words[a]!.length)
  return {
    vocabularySize: words.length,
    stopTokens: [words.indexOf('')],
    tokenBytes: (id: number) => new TextEncoder().encode(words[id]),
    encode(text: string) {
      const ids: number[] = []
      for (let at = 0; at < text.length; at += words[ids.at(-1)!]!.length) {
        ids.push(byLength.find((id) => text.startsWith(words[id]!, at))!)
      }
      return Int32Array.from(ids)
    },
  }
}

function world(words: readonly string[], grammar: Grammar, laws: readonly (readonly number[])[]): World {
  const tokenizer = tokenizerOf(words)
  const constraint = constrain(grammar, vocabulary(tokenizer))
  return { constraint, tokenizer, stop: words.indexOf(''), laws: laws.map((law) => Float32Array.from(law)) }
}

const WORLDS: Readonly<Record<string, World>> = {
  'four texts': world(
    ['a', 'b', 'ab', 'c', '', 'cb'],
    { name: 'texts', build: (r) => [terminal(r.or(['a', 'ab', 'c', 'cb'].map((text) => r.literal(text))))] },
    [
      [0.25, 0.125, 0.125, 0, 0.375, 0.125],
      [0, 0.375, 0.25, 0.125, 0.125, 0.125],
      [0.5, 0, 0.25, 0.125, 0, 0.125],
    ],
  ),
  'nested brackets': world(
    ['(', ')', 'x', 'x', '(x', ''],
    {
      name: 'nested',
      build(r) {
        const [open, close] = [terminal(r.literal('(')), terminal(r.literal(')'))]
        const inner = rule('inner', () => [[terminal(r.literal('x'))], [open, inner, close]])
        return [inner]
      },
    },
    [
      [0.25, 0.25, 0.125, 0.125, 0, 0.25],
      [0.125, 0.375, 0.125, 0.125, 0.125, 0.125],
    ],
  ),
}

/** Draws a chain of two, or siblings, from laws that depend on the text. */
function drawing({ laws }: World, width: number): Drafter {
  let context: number[] = []
  return {
    manifest: { specVersion: SPEC_VERSION, kind: 'drafter', name: 'drawing', requires: [] },
    begin(prompt) {
      context = [...prompt]
    },
    draft(room, draws) {
      const levels = Math.min(width === 1 ? 2 : 1, room)
      const rows = new Float32Array(levels * SIZE)
      const tokens: number[] = []
      const [parents, rowOf]: [number[], number[]] = [[], []]
      for (let level = 0, parent = -1; level < levels; level++, parent = tokens.length - width) {
        const law = laws[(context.length + level + (tokens[parent] ?? 0)) % laws.length]!
        rows.set(law, level * SIZE)
        for (let sibling = 0; sibling < width; sibling++) {
          tokens.push(categorical(law, draws.uniform(level, sibling)))
          parents.push(parent)
          rowOf.push(level)
        }
      }
      const shape = { tokens: Int32Array.from(tokens), parents: Int32Array.from(parents) }
      return {
        ...(isChain(shape) ? { tokens: shape.tokens } : shape),
        q: { kind: 'dense', rows, rowOf: Int32Array.from(rowOf) },
      }
    },
    commit({ tokens }) {
      context.push(...tokens)
    },
    dispose() {},
    async [Symbol.asyncDispose]() {},
  }
}

const goingOn = ({ tokenizer }: World) => ({ continuation: forcedTokens(tokenizer) })
const forcedOf = ({ constraint, tokenizer }: World): Drafter => forced({ constraint, tokenizer })
const VERIFIERS = { exactMatch, speculativeSampling, recursiveRejection, kSeq, block } as const
type Rule = keyof typeof VERIFIERS

interface Case {
  readonly name: string
  readonly drafter: (world: World) => Drafter
  readonly rules: readonly Rule[]
  /** Enumerating a tree's draws takes seconds: one grammar is enough. */
  readonly isLong?: boolean
}

const CASES: readonly Case[] = [
  { name: 'forced', drafter: forcedOf, rules: Object.keys(VERIFIERS) as Rule[] },
  {
    name: 'suffix or forced, within',
    drafter: (world) => withinConstraint(firstOf(suffix(), forcedOf(world)), world.constraint, goingOn(world)),
    rules: ['exactMatch', 'speculativeSampling', 'block'],
  },
  {
    name: 'a chain within',
    drafter: (world) => withinConstraint(drawing(world, 1), world.constraint),
    rules: ['speculativeSampling', 'block'],
  },
  {
    name: 'a chain within, going on',
    drafter: (world) => withinConstraint(drawing(world, 1), world.constraint, goingOn(world)),
    rules: ['exactMatch', 'speculativeSampling', 'block'],
  },
  {
    name: 'siblings within, going on',
    drafter: (world) => withinConstraint(drawing(world, 2), world.constraint, goingOn(world)),
    rules: ['kSeq'],
    isLong: true,
  },
]

/** The exact law of the first tokens of a text, up to its stop token. */
async function textLaw(
  world: World,
  parts?: { readonly drafter: (world: World) => Drafter; readonly verifier: Verifier },
) {
  const { constraint, stop } = world
  const model = toyModel({ vocabularySize: SIZE })
  const played = await lawOverUniforms(
    async (uniform) => {
      const target = targetLaws({ vocabularySize: SIZE, temperature: 1, processors: [constrained(constraint)] })
      const drafter = parts?.drafter(world)
      await drafter?.begin(new Int32Array(0), model)
      const text: number[] = []
      const drafts: string[] = []
      for (let round = 0; text.length < LENGTH && !text.includes(stop); round++) {
        const draws = { uniform: (offset: number, index = 0) => uniform(`draft ${round} ${offset} ${index}`) }
        const draft: Draft = (await drafter?.draft(LENGTH - text.length, draws)) ?? NO_DRAFT
        drafts.push(draft.tokens.join())
        const logits = new Float32Array((draft.tokens.length + 1) * SIZE)
        target.load(logits, draft)
        const outcome = (parts?.verifier ?? exactMatch()).verify(draft, target, {
          sample: (offset) => uniform(`sample ${text.length + offset}`),
          accept: (offset, index = 0) => uniform(`accept ${round} ${offset} ${index}`),
          correct: (offset) => uniform(`correct ${round} ${offset}`),
        })
        const tokens = Int32Array.from([...Array.from(outcome.path, (node) => draft.tokens[node]!), outcome.token])
        drafter?.commit({ ...outcome, draft, tokens, output: { rows: draft.tokens.length + 1, logits }, base: 0 })
        for (const token of tokens) target.advance(token)
        text.push(...tokens)
      }
      const end = text.indexOf(stop)
      // Drafts are told too, so that no cell of a drafter's uniform looks like the one beside it.
      return [text.slice(0, end < 0 ? LENGTH : Math.min(end + 1, LENGTH)).join(), ...drafts].join(';')
    },
    { grid: 8 },
  )
  const law = new Map<string, number>()
  for (const [key, share] of played) {
    const [text = ''] = key.split(';')
    law.set(text, (law.get(text) ?? 0) + share)
  }
  return law
}
for (const [i, [grammar, world]] of Object.entries(WORLDS).entries()) {
  describe(grammar, async () => {
    const plain = await textLaw(world)
    for (const { name, drafter, rules, isLong } of CASES) {
      for (const rule of isLong && i > 0 ? [] : rules) {
        it(`has the law of plain decoding: ${name}, ${rule}`, async () => {
          const law = await textLaw(world, { drafter, verifier: VERIFIERS[rule]() })
          expect(law.size).toBe(plain.size)
          expect(lawDistance(law, plain)).toBeLessThan(1e-12)
        })
      }
    }
  })
}
