import { badOption, checkInteger, checkKeys, checkNumber, type LogitsProcessor, type Model } from '@foretoken/core'
import type { TokenBytes } from '@foretoken/drafting'

export interface RecursiveTreeOptions {
  /** Writes the drafts. Its cache is the drafter's as long as the drafter lives; disposing the model stays with you. */
  readonly model: Model
  /**
   * RSD-C: children of each node by level, `[2, 2, 1]`. Not beside `width`.
   */
  readonly branching?: readonly number[] | undefined
  /** RSD-S: nodes of each level, over all parents. Default 3. */
  readonly width?: number | undefined
  /** RSD-S: levels. Default 4. */
  readonly levels?: number | undefined
  /** Of the draft. 0 drafts the most probable tokens, as point masses. Default 0. */
  readonly temperature?: number | undefined
  /** Applied in order to the draft model's logits, on forks that have seen the text. Default none. */
  readonly processors?: readonly LogitsProcessor[] | undefined
  /** Bytes of both vocabularies' tokens, compared once. Default: only the sizes are compared. */
  readonly tokenBytes?: TokenBytes | undefined
}

/** The form of the tree. */
export interface Shape {
  readonly levels: number
  /** Children that a node of level `level` may have, from 0 at the root. */
  childrenAt(level: number): number
  /** Most nodes of a level. */
  readonly width: number
}

const KEYS: readonly (keyof RecursiveTreeOptions)[] = [
  'model',
  'branching',
  'width',
  'levels',
  'temperature',
  'processors',
  'tokenBytes',
]

/** @throws BAD_OPTION */
export function checkOptions(options: RecursiveTreeOptions): void {
  checkKeys('recursiveTree', options, KEYS)
  const { model, branching, width, levels, temperature } = options
  if (model === undefined) throw badOption('recursiveTree', 'model', 'is missing', 'the model that writes the drafts')
  checkNumber('recursiveTree', 'temperature', temperature, 0)
  checkInteger('recursiveTree', 'width', width, 1, 64)
  checkInteger('recursiveTree', 'levels', levels, 1, 64)
  if (branching === undefined) return
  if (width !== undefined || levels !== undefined) {
    throw badOption('recursiveTree', 'branching', 'stands beside "width" or "levels"', 'one form of tree')
  }
  if (!Array.isArray(branching) || branching.length === 0) {
    throw badOption('recursiveTree', 'branching', 'is empty', 'the children of each level, as [2, 2, 1]')
  }
  for (const count of branching) checkInteger('recursiveTree', 'branching', count, 1, 64)
}

export function shapeOf({ branching, width = 3, levels = 4 }: RecursiveTreeOptions): Shape {
  if (branching === undefined) return { levels, childrenAt: () => width, width }
  return { levels: branching.length, childrenAt: (level) => branching[level]!, width: Number.POSITIVE_INFINITY }
}
