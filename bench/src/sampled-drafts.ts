import { ngramsOf } from '@foretoken/checkpoint/node'
import { type CostCurve, measureCosts } from '@foretoken/controller'
import { type Committed, type Draft, type Drafter, draftRow, NO_DRAFT, SPEC_VERSION, softmax } from '@foretoken/core'
import { draftModel } from '@foretoken/drafter-draft-model'
import { loadNgramTable, ngram } from '@foretoken/drafter-ngram'
import { exactMatch } from '@foretoken/verifier-exact-match'
import type { ModelChoice } from './model.ts'
import { fromEach, readQuestions } from './questions.ts'
import { type CommonOptions, type Findings, say } from './report.ts'
import type { LoadedModel } from './spec/registry.ts'
import { generateTurn, opened } from './spec/runners.ts'
import { talk } from './spec/talk.ts'
import { table } from './table.ts'

export interface SampledDraftsOptions extends CommonOptions, ModelChoice {
  readonly data: string
  /** The model that drafts. */
  readonly draft: string
  readonly perCategory: number
  readonly tokens: number
  readonly temperature: number
  readonly threads: number
}

/** Adds to a way of drafting what it would have had accepted. */
type Note = (way: string, acceptance: number) => void

/** Speedup that the levels' acceptance is asked for. */
const GOAL = 1.4
const MOST_LEVELS = 8

/**
 * What one drafted level can win where tokens are sampled: along the target's own samples, the probability that the best lossless
 * rule accepts a token named ahead (p of the tokens named) or drawn ahead (Σ min(p, q)).
 */
export async function sampledDrafts(options: SampledDraftsOptions): Promise<Findings> {
  const { data, model, draft, perCategory, tokens, temperature, threads } = options
  const settings = { model, draft, perCategory, tokens, temperature, threads, data }
  const all = await readQuestions(data)
  if (!all) {
    const skipped = `there is no file ${data}; name Spec-Bench's questions with --data`
    return { settings, results: { skipped }, text: `Not measured: ${skipped}.` }
  }
  const target = await opened(options, true)
  const small = await opened({ ...options, model: draft, threads: 1 }, false)
  try {
    const { means, positions } = await along({ ...options, target, small }, fromEach(all, perCategory))
    const needed = neededFor(await measureCosts(target.model, { wants: 'logits' }))
    const columns = [{ title: 'one drafted level' }, { title: 'accepted', digits: 3 }]
    const text = [
      `Acceptance after ${positions} tokens that the target wrote at temperature ${temperature}:`,
      table(columns, [...means]),
      `At this machine's prices ${GOAL} takes ${needed.toFixed(2)} at each level, with drafts that cost nothing.`,
    ]
    return { settings, results: { means: Object.fromEntries(means), positions, needed }, text: text.join('\n') }
  } finally {
    await small.model.dispose()
    await target.model.dispose()
  }
}

type Ground = SampledDraftsOptions & { readonly target: LoadedModel; readonly small: LoadedModel }

async function along(
  options: Ground,
  questions: readonly { readonly turns: readonly string[] }[],
): Promise<{ readonly means: Map<string, number>; readonly positions: number }> {
  const { target, temperature, seed } = options
  const sums = new Map<string, number>()
  let positions = 0
  const drafter = await witness(
    options,
    (way, acceptance) => void sums.set(way, (sums.get(way) ?? 0) + acceptance),
    () => positions++,
  )
  const heard = talk(target.model, target.tokenizer)
  const ground = { target, options, talk: heard }
  for (const [i, { turns }] of questions.entries()) {
    const asked = await heard.ask(turns.slice(0, 1), [])
    if (!asked) continue
    const verifier = exactMatch()
    await generateTurn(ground, asked.prompt, { temperature, seed: seed + i }, { drafter, verifier })
    if ((i + 1) % 10 === 0) say(`${i + 1} of ${questions.length} questions`)
  }
  await drafter.dispose()
  return { means: new Map([...sums].map(([way, sum]) => [way, sum / positions])), positions }
}

/** Drafts nothing, and compares with the target's law what others would have drafted. */
async function witness({ target, small, temperature, model }: Ground, note: Note, count: () => void): Promise<Drafter> {
  const bytes = await ngramsOf(model)
  const names = ngram({ nodes: 63, minimumProbability: 0.01, ...(bytes && { table: loadNgramTable(bytes) }) })
  const writer = draftModel({
    model: small.model,
    temperature,
    ...(small.headTokens && { vocabulary: small.headTokens }),
  })
  const { vocabularySize } = target.model
  const p = new Float32Array(vocabularySize)
  const q = new Float32Array(vocabularySize)
  const dispose = async (): Promise<void> => {
    await names.dispose()
    await writer.dispose()
  }
  let drafts: { readonly named: Draft; readonly drawn: Draft } | undefined
  return {
    manifest: { specVersion: SPEC_VERSION, kind: 'drafter', name: 'witness', requires: ['logits:all-positions'] },
    async begin(prompt, model) {
      drafts = undefined
      await names.begin(prompt, model)
      await writer.begin(prompt, model)
    },
    async draft(_room, draws) {
      drafts = { named: await names.draft(1, draws), drawn: await writer.draft(1, draws) }
      return NO_DRAFT
    },
    commit(committed: Committed) {
      if (drafts !== undefined) {
        softmax(committed.output.logits.subarray(0, vocabularySize), temperature, p)
        q.fill(0)
        if (drafts.drawn.tokens.length > 0) q.set(draftRow(drafts.drawn, 0, q))
        compare(p, drafts.named, q, note)
        count()
      }
      drafts = undefined
      names.commit(committed)
      writer.commit(committed)
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

/** @param p Law of the target, [vocabularySize]. @param named Tokens that n-grams name. @param q Law of the draft model, [vocabularySize]. */
function compare(p: Float32Array, { tokens, confidence }: Draft, q: Float32Array, note: Note): void {
  const law = new Map(Array.from(tokens, (token, i) => [token, confidence![i]!] as const).sort((a, b) => b[1] - a[1]))
  const first = (tokens: readonly number[], n: number): number => {
    return tokens.slice(0, n).reduce((sum, token) => sum + p[token]!, 0)
  }
  const drawn = (of: (share: number) => number): number => {
    let mass = 0
    for (const share of law.values()) mass += of(share)
    let sum = 0
    for (const [token, share] of law) sum += Math.min(p[token]!, of(share) / mass)
    return sum
  }
  for (const n of [1, 2, 4]) note(`n-grams, the ${n} likeliest named`, first([...law.keys()], n))
  note(
    'n-grams, one drawn',
    drawn((share) => share),
  )
  note(
    'n-grams, one drawn from the law squared',
    drawn((share) => share ** 2),
  )
  const likely = likeliest(q, 1)
  note('draft model, the likeliest named', first(likely, 1))
  note(
    'draft model, one drawn',
    overlap(p, (token) => q[token]!),
  )
  let named = 0
  for (const share of law.values()) named += share
  note(
    'n-grams, the draft model where they have none, one drawn',
    overlap(p, (token) => (law.get(token) ?? 0) + (1 - named) * q[token]!),
  )
  const own = likeliest(p, 4)
  for (const n of [1, 2, 4]) note(`the target itself, the ${n} likeliest named`, first(own, n))
}

function overlap(p: Float32Array, q: (token: number) => number): number {
  let sum = 0
  for (let token = 0; token < p.length; token++) sum += Math.min(p[token]!, q(token))
  return sum
}

/** Descending, [n]. */
function likeliest(law: Float32Array, n: number): number[] {
  const best: number[] = []
  for (let token = 0; token < law.length; token++) {
    if (best.length === n && law[token]! <= law[best[n - 1]!]!) continue
    best.push(token)
    best.sort((a, b) => law[b]! - law[a]!)
    best.length = Math.min(n, best.length)
  }
  return best
}

/** Least acceptance at each level with which a chain of some length reaches the goal. */
function neededFor({ rows, contexts, milliseconds }: CostCurve): number {
  const line = milliseconds[Math.floor(contexts.length / 2)]!
  const reaches = (acceptance: number): boolean =>
    rows.some((count, i) => {
      if (count > MOST_LEVELS + 1) return false
      let tokens = 0
      for (let level = 0; level < count; level++) tokens += acceptance ** level
      return tokens / (line[i]! / line[0]!) >= GOAL
    })
  let acceptance = 0
  while (acceptance < 1 && !reaches(acceptance)) acceptance += 0.01
  return acceptance
}
