import { type Capability, ForetokenError, type Model, rng, type StepInput } from '../src/index.ts'

export interface ToyModelOptions {
  readonly vocabularySize?: number
  readonly contextLength?: number
  readonly maximumRows?: number
  readonly seed?: number
  readonly supports?: readonly Capability[]
  /** Logits after a context; default: pseudo-random, from the whole context. */
  readonly logits?: (context: readonly number[], out: Float32Array) => void
}

export interface ToyModel extends Model {
  /** The cached tokens. */
  readonly tokens: number[]
  /** Rows fed by each step so far. */
  readonly steps: number[]
}

/** A model whose law is a known function of the context, with a cache that can be looked into. */
export function toyModel(options: ToyModelOptions = {}): ToyModel {
  const { vocabularySize = 6, contextLength = 64, maximumRows = 16, seed = 1 } = options
  const fill = options.logits ?? randomLogits(seed)
  const tokens: number[] = []
  const steps: number[] = []
  let last: StepInput | undefined
  return {
    supports: new Set<Capability>(options.supports ?? ['logits:all-positions', 'attention:tree-mask', 'kv:gather']),
    vocabularySize,
    contextLength,
    maximumRows,
    tokens,
    steps,
    get length() {
      return tokens.length
    },
    async step(input) {
      const count = input.tokens.length
      if (count > maximumRows) throw new Error(`${count} rows; at most ${maximumRows} were expected.`)
      const asked = input.logitsFor ?? Int32Array.from({ length: count }, (_, i) => i)
      const logits = new Float32Array(asked.length * vocabularySize)
      asked.forEach((row, i) => {
        if (row < 0 || row >= count) throw new Error(`Row ${row} of ${count} was asked for.`)
        const path: number[] = []
        for (let at = row; at >= 0; at = input.parents?.[at] ?? at - 1) path.unshift(input.tokens[at]!)
        const context = [...tokens, ...path]
        if (context.length > contextLength) throw new ForetokenError('CONTEXT_FULL', 'full', { fix: 'shorten' })
        fill(context, logits.subarray(i * vocabularySize, (i + 1) * vocabularySize))
      })
      steps.push(count)
      last = input
      return { rows: count, logits }
    },
    commit(rows) {
      let before = -1
      for (const row of rows) {
        const parent = last?.parents?.[row] ?? row - 1
        if (parent !== before) throw new Error(`Row ${row} does not continue row ${before}.`)
        tokens.push(last!.tokens[row]!)
        before = row
      }
    },
    rewind(length) {
      tokens.length = length
    },
    fork: () => toyModel(options),
    dispose: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

/** Logits in [−2, 2], a different row for every context. */
function randomLogits(seed: number): NonNullable<ToyModelOptions['logits']> {
  const source = rng(seed)
  return (context, out) => {
    let hash = 7
    for (const token of context) hash = (Math.imul(hash, 31) + token + 1) >>> 0
    for (let x = 0; x < out.length; x++) out[x] = 4 * source.uniform(0, hash, x) - 2
  }
}
