/**
 * Token recycling: the target's own candidates are kept instead of thrown away. A table M holds for each token the k most
 * probable next tokens of the last time the target read it. Each round a fixed tree of ranks is filled from it, breadth first
 * below the last committed token: token(i) = M[token(parent(i))][rank(i)]; afterwards the logits of every row of the pass, rejected
 * ones included, overwrite M.
 *
 * Deviations: a small template by measured acceptance instead of 80 nodes, since rows cost time on a CPU; unknown successors are left out
 * instead of drafted as token 0; the prompt's own bigrams enter M at the start; rows of accepted nodes are written last; while
 * hardly any draft is asked for, most rows are left unread.
 */
import {
  type Committed,
  checkInteger,
  checkKeys,
  type Draft,
  type Drafter,
  ForetokenError,
  type Manifest,
  parentOf,
  SPEC_VERSION,
} from '@foretoken/core'
import { type AcceptanceMeter, acceptanceMeter, type TriedNodes } from './acceptance-meter.ts'
import { type AdjacencyTable, adjacencyTable } from './adjacency-table.ts'
import { measuredRates } from './measured-rates.ts'
import { checkTemplate, cutTemplate, searchTemplate, type Template } from './template.ts'

/** What token-recycling says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'drafter',
  name: 'token-recycling',
  paper: {
    title: 'Turning Trash into Treasure: Accelerating Inference of Large Language Models with Token Recycling',
    authors: 'Luo et al.',
    year: 2024,
    url: 'https://arxiv.org/abs/2408.08696',
  },
  requires: ['logits:all-positions', 'attention:tree-mask'],
}

export interface TokenRecyclingOptions {
  /** Most nodes drafted in a round. Default 4 (measured on two CPU cores), or those of `template`. */
  readonly nodes?: number
  /** The tree. Default: the best of `nodes` nodes for `measuredRates`. A larger one is cut to its first `nodes`. */
  readonly template?: Template
  /** k: successors kept for each token, 1 to 64. Default 8, or those of `table`. */
  readonly width?: number
  /** A table to go on with and to leave warm. Default: one of its own, empty at each beginning. */
  readonly table?: AdjacencyTable
  /** Counts acceptance across generations. Default: one of its own, for `confidence`, empty at each beginning. */
  readonly meter?: AcceptanceMeter
}

/** Share of the rounds in which it was asked to draft: at the beginning, and below which it reads one row in `RARELY`. */
const WANTED_FIRST = 0.25
const HARDLY_WANTED = 0.1
const RARELY = 8
/** Weight of a round in that share. */
const WANTED = 1 / 16

/** A draft and where its nodes stand in the template. */
interface Filled extends TriedNodes {
  readonly draft: Draft
}

const KNOWN = ['nodes', 'template', 'width', 'table', 'meter']

/**
 * Drafts a tree of the target's earlier candidates. Its `q` is a point mass; `confidence` is the acceptance measured at each
 * node's level and rank.
 * @throws BAD_OPTION; VOCABULARY_MISMATCH when `table` was made for another vocabulary.
 * @example
 * const drafter = tokenRecycling({ table: loadAdjacencyTable(bytes, model.vocabularySize) })
 */
export function tokenRecycling(options: TokenRecyclingOptions = {}): Drafter {
  checkKeys('tokenRecycling', options, KNOWN)
  checkInteger('tokenRecycling', 'nodes', options.nodes, 1, 4096)
  checkInteger('tokenRecycling', 'width', options.width, 1, 64)
  const width = options.table?.width ?? options.width ?? 8
  const whole = options.template ?? searchTemplate(reachable(width), options.nodes ?? 4)
  const template = cutTemplate(whole, options.nodes ?? whole.parents.length)
  checkTemplate('tokenRecycling', template, width)
  const meter = options.meter ?? acceptanceMeter()
  let table = options.table
  let last = -1
  let mostNodes = 0
  let filled: Filled | undefined
  let wanted = WANTED_FIRST
  let unread = 0
  let isDisposed = false

  function use(): void {
    if (!isDisposed) return
    throw new ForetokenError(
      'DISPOSED',
      'The token-recycling drafter was used after dispose; an open one was expected.',
      { fix: 'Make a new one with tokenRecycling().' },
    )
  }

  function dispose(): void {
    isDisposed = true
    table = undefined
    filled = undefined
  }

  return {
    manifest,
    begin(prompt, { vocabularySize, maximumRows }) {
      use()
      if (options.table !== undefined) checkVocabulary(options.table, vocabularySize)
      else if (table?.vocabularySize === vocabularySize) table.clear()
      else table = adjacencyTable({ vocabularySize, width })
      if (options.meter === undefined) meter.clear()
      for (let i = 1; i < prompt.length; i++) table!.promote(prompt[i - 1]!, prompt[i]!)
      last = prompt.at(-1) ?? -1
      mostNodes = maximumRows - 1
      filled = undefined
      wanted = WANTED_FIRST
      unread = 0
    },
    draft(room) {
      use()
      filled = fill(template, table!, last, room, mostNodes, meter)
      return filled.draft
    },
    commit(committed) {
      use()
      wanted += WANTED * (Number(filled !== undefined) - wanted)
      // Reading 49,152 logits costs a hundredth of a small model's step, which rounds without its drafts cannot win back.
      if (wanted > HARDLY_WANTED || ++unread % RARELY === 0) recycle(table!, committed, last)
      if (filled !== undefined && isPartOf(committed.draft, filled.draft)) meter.record(filled, committed)
      last = committed.tokens.at(-1) ?? last
      filled = undefined
    },
    dispose,
    async [Symbol.asyncDispose]() {
      dispose()
    },
  }
}

/** The measured rates of ranks that a table of this width has. */
function reachable(width: number): readonly (readonly number[])[] {
  return measuredRates.map((level) => level.slice(0, width))
}

/** Follows the template through the table, as far as successors are known, room and rows reach. */
function fill(
  template: Template,
  table: AdjacencyTable,
  last: number,
  room: number,
  mostNodes: number,
  meter: AcceptanceMeter,
): Filled {
  const { length } = template.parents
  const tokens = new Int32Array(length)
  const parents = new Int32Array(length)
  const ranks = new Int32Array(length)
  const depths = new Int32Array(length)
  const confidence = new Float32Array(length)
  /** Template node to draft node; −1 where it is left out. */
  const nodeOf = new Int32Array(length).fill(-1)
  let count = 0
  for (let i = 0; i < length && count < mostNodes; i++) {
    const [above, rank, depth] = [template.parents[i]!, template.ranks[i]!, template.depths[i]!]
    const parent = above < 0 ? -1 : nodeOf[above]!
    const token = above < 0 ? last : parent < 0 ? -1 : tokens[parent]!
    const successor = token < 0 || depth > room ? -1 : table.successor(token, rank)
    if (successor < 0) continue
    tokens[count] = successor
    parents[count] = parent
    ranks[count] = rank
    depths[count] = depth
    confidence[count] = meter.expected(depth, rank, measuredRates)
    nodeOf[i] = count++
  }
  const draft: Draft = {
    tokens: tokens.subarray(0, count),
    parents: parents.subarray(0, count),
    q: { kind: 'point-mass' },
    confidence: confidence.subarray(0, count),
  }
  return { draft, ranks, depths }
}

/** Overwrites the table from every row of the pass: rejected nodes first, then the last committed token and the path. */
function recycle(table: AdjacencyTable, { draft, path, output }: Committed, last: number): void {
  const { vocabularySize } = table
  const rows = Math.min(draft.tokens.length, output.logits.length / vocabularySize - 1)
  const learn = (node: number): void => {
    const token = node < 0 ? last : draft.tokens[node]!
    const at = (node + 1) * vocabularySize
    if (token >= 0) table.learn(token, output.logits.subarray(at, at + vocabularySize))
  }
  for (let node = 0; node < rows; node++) if (!path.includes(node)) learn(node)
  if (rows >= 0) learn(-1)
  for (const node of path) learn(node)
}

/** True when `part` is `whole` or its first nodes. */
function isPartOf(part: Draft, whole: Draft): boolean {
  if (part.tokens.length > whole.tokens.length) return false
  for (let i = 0; i < part.tokens.length; i++) {
    if (part.tokens[i] !== whole.tokens[i] || parentOf(part, i) !== parentOf(whole, i)) return false
  }
  return true
}

function checkVocabulary(table: AdjacencyTable, vocabularySize: number): void {
  if (table.vocabularySize === vocabularySize) return
  throw new ForetokenError(
    'VOCABULARY_MISMATCH',
    `The adjacency table is for ${table.vocabularySize} tokens; the target has ${vocabularySize}.`,
    { fix: 'Give each model its own table.', details: { table: table.vocabularySize, target: vocabularySize } },
  )
}
