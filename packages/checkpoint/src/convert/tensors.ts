import { headSize, sharesEmbedding } from '@foretoken/graph'
import { attentionParts } from './attention-tensors.ts'
import { type Conversion, foldedNorm, foldInput, normWeight, rowBlocks } from './conversion.ts'
import { feedForwardParts } from './feed-forward-tensors.ts'
import { toHalf } from './half.ts'
import { matrixBuilder, type Part, part } from './matrix.ts'

/**
 * Every prepared tensor in the order of the weight plan; a large one in several parts. Holds little more than one tensor at
 * a time.
 */
export async function* preparedParts(context: Conversion): AsyncGenerator<Part> {
  const { architecture, recipe } = context
  yield* embeddingParts(context)
  for (let layer = 0; layer < architecture.layers; layer++) {
    yield* attentionParts(context, layer)
    yield* feedForwardParts(context, layer)
  }
  if (!recipe.form.foldedNorms) yield part('norm', await normWeight(context, 'model.norm.weight'))
  if (!sharesEmbedding(architecture, recipe.form)) yield* headParts(context)
}

async function* embeddingParts(context: Conversion): AsyncGenerator<Part> {
  const { architecture, recipe, rotation } = context
  const name = 'model.embed_tokens.weight'
  for await (const { rows } of rowBlocks(context.source, name, architecture.vocabularySize, architecture.width)) {
    rotation?.apply(rows)
    yield part('embedding', recipe.form.embedding === 'float16' ? toHalf(rows) : rows)
  }
}

async function* headParts(context: Conversion): AsyncGenerator<Part> {
  const { source, architecture, recipe } = context
  const { width, tiedHead } = architecture
  const tokens = headSize(architecture)
  const builder = matrixBuilder(recipe.form.linear.head, width, tokens)
  const norm = await foldedNorm(context, 'model.norm.weight')
  const name = tiedHead ? 'model.embed_tokens.weight' : 'lm_head.weight'
  for await (const { first, rows } of rowBlocks(source, name, tokens, width)) {
    foldInput(context, 'head', rows, norm)
    builder.put(first, rows)
  }
  yield* builder.parts('head')
}
