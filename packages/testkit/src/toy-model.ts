import { argmax, type Capability, ForetokenError, type Model, type StepInput, type StepOutput } from '@foretoken/core'
import { type ToyLogits, toyTable } from './toy-laws.ts'
import { checkCommit, checkStep, parentRow } from './toy-model-checks.ts'

export interface ToyModelOptions {
  readonly vocabularySize: number
  /** Logits by context. Default: `toyTable` of this vocabulary and `seed`. */
  readonly logits?: ToyLogits
  /** Seed of the default table. Default 0. */
  readonly seed?: number
  /** Default 64. */
  readonly contextLength?: number
  /** Default 16. */
  readonly maximumRows?: number
  /** Default: everything a table can do. */
  readonly supports?: readonly Capability[]
}

/** A model whose exact law is known. */
export interface ToyModel extends Model {
  readonly logits: ToyLogits
  /** Committed tokens, [length]. */
  tokens(): Int32Array
  fork(): ToyModel
}

const SUPPORTS: readonly Capability[] = [
  'logits:all-positions',
  'kv:rewind',
  'kv:gather',
  'kv:fork',
  'attention:tree-mask',
  'positions:explicit',
  'rows:exact',
]

/**
 * A table instead of a network: the reference implementation of `Model`. It checks all that the contract lets it check, and
 * overwrites what it lent with NaN at the next step, so that nobody keeps borrowed logits unnoticed.
 */
export function toyModel(options: ToyModelOptions): ToyModel {
  const { vocabularySize, contextLength = 64, maximumRows = 16, supports = SUPPORTS } = options
  const logits = options.logits ?? toyTable({ vocabularySize, seed: options.seed ?? 0 })
  return openState({ vocabularySize, contextLength, maximumRows, supports: new Set(supports), logits }, [])
}

type Facts = Pick<ToyModel, 'vocabularySize' | 'contextLength' | 'maximumRows' | 'supports' | 'logits'>

function openState(facts: Facts, prefix: readonly number[]): ToyModel {
  let context = [...prefix]
  let last: StepInput | undefined
  let lent = new Float32Array(0)
  let isDisposed = false

  function use(): void {
    if (!isDisposed) return
    throw new ForetokenError('DISPOSED', 'The toy model was used after dispose; an open one was expected.', {
      fix: 'Keep the model until its last use.',
    })
  }

  async function dispose(): Promise<void> {
    isDisposed = true
  }

  return {
    ...facts,
    get length() {
      return context.length
    },
    tokens: () => Int32Array.from(context),
    async step(input) {
      use()
      checkStep(input, facts, context.length)
      lent.fill(Number.NaN)
      const output = score(input, facts, context)
      lent = output.logits as Float32Array<ArrayBuffer>
      last = { ...input, tokens: input.tokens.slice(), ...(input.parents && { parents: input.parents.slice() }) }
      return output
    },
    commit(rows) {
      use()
      checkCommit(rows, last)
      for (const row of rows) context.push(last!.tokens[row]!)
      last = undefined
    },
    rewind(length) {
      use()
      if (!Number.isInteger(length) || length < 0 || length > context.length) {
        throw new ForetokenError('BAD_OPTION', `Rewind to ${length}; expected 0 to ${context.length}.`, {
          fix: 'Rewind to a length that the cache had before.',
        })
      }
      context = context.slice(0, length)
      last = undefined
    },
    fork() {
      use()
      return openState(facts, context)
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

function score(input: StepInput, facts: Facts, context: readonly number[]): StepOutput {
  const { tokens } = input
  const asked = input.logitsFor ?? Int32Array.from(tokens, (_, row) => row)
  const logits = new Float32Array(asked.length * facts.vocabularySize)
  for (const [at, row] of asked.entries()) {
    const path: number[] = []
    for (let node = row; node >= 0; node = parentRow(input, node)) path.push(tokens[node]!)
    logits.set(facts.logits([...context, ...path.reverse()]), at * facts.vocabularySize)
  }
  if (input.wants !== 'argmax') return { rows: tokens.length, logits }
  const rows = Array.from(asked, (_, at) => logits.subarray(at * facts.vocabularySize, (at + 1) * facts.vocabularySize))
  return { rows: tokens.length, logits: new Float32Array(0), argmax: Int32Array.from(rows, argmax) }
}
