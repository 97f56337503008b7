import type { Architecture } from './architecture.ts'
import { type GraphBuilder, graphBuilder } from './builder.ts'
import { DESCRIPTION_KEY, describeGraph } from './capabilities.ts'
import type { BuildContext } from './context.ts'
import { type GraphOptions, resolveOptions } from './graph-options.ts'
import { linear } from './linear.ts'
import { addAndNorm, norm } from './norm.ts'
import { ELEMENT_TYPES } from './onnx.ts'
import { stepValues } from './step-values.ts'
import { attentionBranch, feedForwardBranch } from './sub-layer.ts'
import { sharesEmbedding, type WeightTable, weightPlan } from './weights.ts'

/**
 * ONNX bytes of a decoder step over prepared weights.
 *
 * Inputs: `tokens` [rows] int32 (or `embeddings` [rows, width]), `positions` [rows] int64, `logits_for` [asked] int64,
 * `past.<layer>.key` and `.value` [past, kvHeads, headDim], never empty; and, of 0 where row i sees slot j and −1e9 elsewhere,
 * `mask` [rows, past + rows] for trees or `past_mask` [past] for chains, `sliding_mask` [rows, sliding past + rows] for sliding layers;
 * `skip` [2 * layers] bool of skippable graphs: the attention and the feed-forward of each layer in turn.
 * Outputs: `logits` [asked, vocabularySize]; `argmax` [asked, 1], the most probable tokens, and `highest` [asked, 1], their logits;
 * `new` [2 * layers * rows, kvHeads, headDim], the fed rows' keys and values of each layer
 * in turn; `hidden.<layer>` [rows, width].
 *
 * Throws `BAD_OPTION`, and `BAD_CHECKPOINT` when the architecture or the weights are not whole.
 */
export function buildGraph(architecture: Architecture, options: GraphOptions, weights: WeightTable): Uint8Array {
  const resolved = resolveOptions(architecture, options)
  const graph = graphBuilder(weightPlan(architecture, options.form), weights)
  const context: BuildContext = {
    architecture,
    options: resolved,
    graph,
    step: stepValues(architecture, resolved, graph),
    newRows: [],
  }
  const asked = graph.input('logits_for', 'int64', ['asked'])
  const last = resolved.layers.reduce((x, layer, index) => block(context, x, layer, index), start(context))
  const [, normalized] = join(context, last, resolved.form.foldedNorms ? undefined : 'norm', resolved.layers.at(-1))
  head(context, normalized, asked)
  best(context)
  if (!resolved.isInPlace) giveRows(context)
  const description = JSON.stringify(describeGraph(architecture, resolved))
  return graph.encode(architecture.family, { [DESCRIPTION_KEY]: description })
}

/** The residual stream and a branch not yet added to it. */
interface Stream {
  readonly x: string
  readonly branch?: string
}

function start({ architecture, graph, options }: BuildContext): Stream {
  if (options.input === 'embeddings') return { x: graph.input('embeddings', 'float32', ['rows', architecture.width]) }
  const tokens = graph.input('tokens', 'int32', ['rows'])
  const looked = graph.op('Gather', [graph.weight('embedding'), tokens], { axis: 0 })
  const x = options.form.embedding === 'float16' ? graph.op('Cast', [looked], { to: 1 }) : looked
  const scale = architecture.embeddingScale ?? 1
  return { x: scale === 1 ? x : graph.op('Mul', [x, graph.scalar(scale)]) }
}

function block(context: BuildContext, stream: Stream, layer: number, index: number): Stream {
  const { options } = context
  const prefix = `layers.${layer}.`
  const folded = (name: string) => (options.form.foldedNorms ? undefined : prefix + name)
  const [x, forAttention] = join(context, stream, folded('attention_norm'), options.layers[index - 1])
  const attended = attentionBranch(context, forAttention, layer, index)
  const [middle, forFeedForward] = join(context, { x, branch: attended }, folded('feed_forward_norm'))
  return { x: middle, branch: feedForwardBranch(context, forFeedForward, layer, index) }
}

/** Adds the branch to the stream and normalizes: [stream, normalized]. `after` is the layer that ended here. */
function join(
  context: BuildContext,
  { x, branch }: Stream,
  weight: string | undefined,
  after?: number,
): [string, string] {
  if (branch === undefined) return [x, norm(context, x, weight)]
  const isAsked = after !== undefined && context.options.hiddenStates.includes(after)
  const name = isAsked ? `hidden.${after}` : undefined
  if (name !== undefined) context.graph.output(name, 'float32', ['rows', context.architecture.width])
  return addAndNorm(context, x, branch, weight, name)
}

/** Logits of the rows `asked`. */
function head(context: BuildContext, x: string, asked: string): void {
  const { architecture, graph, options } = context
  const { width, vocabularySize, headTokens } = architecture
  graph.output('logits', 'float32', ['asked', vocabularySize])
  if (sharesEmbedding(architecture, options.form)) {
    // Of the two only one has a kernel on WebGPU, and only the other one on the processor sums each row alike.
    const operator = options.isInPlace ? 'Gemm' : 'FusedMatMul'
    graph.op(
      operator,
      [graph.op('Gather', [x, asked], { axis: 0 }), graph.weight('embedding')],
      { transB: 1 },
      'logits',
    )
  } else if (headTokens === undefined) {
    linear(context, x, { kind: 'head', weight: 'head', layer: 0, width, rows: asked, name: 'logits' })
  } else {
    const scores = linear(context, x, { kind: 'head', weight: 'head', layer: 0, width, rows: asked })
    spread(graph, scores, asked, vocabularySize, headTokens)
  }
}

/** Logits of all tokens from the scores of some: −Infinity for the rest. */
function spread(
  graph: GraphBuilder,
  scores: string,
  asked: string,
  vocabularySize: number,
  tokens: readonly number[],
): void {
  const columns = graph.constant('head_tokens', 'int64', [1, tokens.length], () => BigInt64Array.from(tokens, BigInt))
  const places = graph.op('Expand', [columns, graph.op('Shape', [scores])])
  const shape = graph.op('Concat', [graph.op('Shape', [asked]), graph.integers(vocabularySize)], { axis: 0 })
  const none = graph.op('Expand', [graph.scalar(-Infinity), shape])
  graph.op('ScatterElements', [none, places, scores], { axis: 1 }, 'logits')
}

/** The most probable token of each asked row: all that greedy decoding takes from the logits. */
function best({ graph }: BuildContext): void {
  graph.output('argmax', 'int64', ['asked', 1])
  graph.output('highest', 'float32', ['asked', 1])
  graph.op('ArgMax', ['logits'], { axis: 1, keepdims: 1 }, 'argmax')
  graph.op('GatherElements', ['logits', 'argmax'], { axis: 1 }, 'highest')
}

/** All new cache rows in one output: sixty small ones would take longer to hand over than to compute. */
function giveRows({ architecture, graph, newRows, options }: BuildContext): void {
  graph.output('new', options.cache, ['new_rows', architecture.kvHeads, architecture.headDim])
  if (options.cache === 'float32') {
    graph.op('Concat', newRows, { axis: 0 }, 'new')
  } else {
    graph.op('Cast', [graph.op('Concat', newRows, { axis: 0 })], { to: ELEMENT_TYPES.float16 }, 'new')
  }
}
