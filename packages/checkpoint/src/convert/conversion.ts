import type { Architecture, LinearName, TensorSource } from '@foretoken/graph'
import { hadamardBlocks } from './hadamard.ts'
import type { Recipe } from './recipe.ts'
import { type Rotation, rotation } from './rotation.ts'

/** What every step of a conversion sees. */
export interface Conversion {
  readonly source: TensorSource
  readonly architecture: Architecture
  readonly recipe: Recipe
  /** Of the residual stream. */
  readonly rotation?: Rotation
  /** Step of the value grid of each kv head, [layers][kvHeads]; filled while the layers pass. */
  readonly valueSteps: number[][]
}

export function conversion(source: TensorSource, recipe: Recipe): Conversion {
  const { architecture } = source
  const { rotationSeed } = recipe
  return {
    source,
    architecture,
    recipe,
    valueSteps: [],
    ...(rotationSeed === undefined ? {} : { rotation: rotation(architecture.width, rotationSeed) }),
  }
}

/** Rows of a matrix that reads the normalized residual stream: norm weights, rotation and block Hadamard folded in. */
export function foldInput(context: Conversion, kind: LinearName, rows: Float32Array, norm?: Float32Array): void {
  if (norm) {
    const width = norm.length
    for (let start = 0; start < rows.length; start += width) {
      for (let i = 0; i < width; i++) rows[start + i] = rows[start + i]! * norm[i]!
    }
  }
  context.rotation?.apply(rows)
  blockHadamard(context, kind, rows)
}

/** The graph rotates the input of these layers in blocks; so the rows, which meet it, rotate too. */
export function blockHadamard(context: Conversion, kind: LinearName, rows: Float32Array): void {
  const form = context.recipe.form.linear[kind]
  if (form.weights === 'int8' && form.hadamard > 0) hadamardBlocks(rows, form.hadamard)
}

/** Effective factors of a norm. */
export async function normWeight({ source, architecture }: Conversion, name: string): Promise<Float32Array> {
  const values = await source.read(name)
  if (architecture.normOffset === 0) return values
  return values.map((value) => value + architecture.normOffset)
}

/** The same where it goes into the next linear layer. */
export async function foldedNorm(context: Conversion, name: string): Promise<Float32Array | undefined> {
  return context.recipe.form.foldedNorms ? normWeight(context, name) : undefined
}

const BLOCK_ELEMENTS = 2 ** 21

/** A matrix, [count, width], in blocks of rows. */
export async function* rowBlocks(
  source: TensorSource,
  name: string,
  count: number,
  width: number,
): AsyncGenerator<{ readonly first: number; readonly rows: Float32Array }> {
  const height = Math.max(1, Math.floor(BLOCK_ELEMENTS / width / 64)) * 64
  for (let first = 0; first < count; first += height) {
    yield { first, rows: await source.read(name, first, Math.min(count, first + height)) }
  }
}
