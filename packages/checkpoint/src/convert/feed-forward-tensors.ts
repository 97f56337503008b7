import { blockHadamard, type Conversion, foldedNorm, foldInput, normWeight, rowBlocks } from './conversion.ts'
import { matrixBuilder, type Part, part } from './matrix.ts'

/** Prepared tensors of one layer's feed-forward block. */
export async function* feedForwardParts(context: Conversion, layer: number): AsyncGenerator<Part> {
  const { source, architecture, recipe, rotation } = context
  const { width, feedForward, norms } = architecture
  const from = `model.layers.${layer}.`
  const to = `layers.${layer}.`
  const normName = `${from}${norms === 'sandwich' ? 'pre_feedforward_layernorm' : 'post_attention_layernorm'}.weight`
  if (!recipe.form.foldedNorms) yield part(`${to}feed_forward_norm`, await normWeight(context, normName))
  const norm = await foldedNorm(context, normName)
  const both = matrixBuilder(recipe.form.linear.gate_up, width, 2 * feedForward)
  for (const [index, kind] of ['gate', 'up'].entries()) {
    for await (const { first, rows } of rowBlocks(source, `${from}mlp.${kind}_proj.weight`, feedForward, width)) {
      foldInput(context, 'gate_up', rows, norm)
      both.put(index * feedForward + first, rows)
    }
  }
  yield* both.parts(`${to}gate_up`)
  const down = matrixBuilder(recipe.form.linear.down, feedForward, width, rotation?.apply)
  for await (const { first, rows } of rowBlocks(source, `${from}mlp.down_proj.weight`, width, feedForward)) {
    blockHadamard(context, 'down', rows)
    down.put(first, rows)
  }
  yield* down.parts(`${to}down`)
  if (norms === 'sandwich') {
    yield part(`${to}post_feed_forward_norm`, await normWeight(context, `${from}post_feedforward_layernorm.weight`))
  }
}
