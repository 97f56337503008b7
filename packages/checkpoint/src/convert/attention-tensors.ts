import { qkvWidth } from '@foretoken/graph'
import { blockHadamard, type Conversion, foldedNorm, foldInput, normWeight, rowBlocks } from './conversion.ts'
import { hadamardBlocks, hadamardRows } from './hadamard.ts'
import { type MatrixBuilder, matrixBuilder, type Part, part } from './matrix.ts'
import { valueSteps } from './value-grid.ts'

/** Prepared tensors of one layer's attention. */
export async function* attentionParts(context: Conversion, layer: number): AsyncGenerator<Part> {
  const { source, architecture, recipe } = context
  const { width, heads, kvHeads } = architecture
  const from = `model.layers.${layer}.`
  const attention = `${from}self_attn.`
  const to = `layers.${layer}.`
  const normName = `${from}input_layernorm.weight`
  if (!recipe.form.foldedNorms) yield part(`${to}attention_norm`, await normWeight(context, normName))
  const norm = await foldedNorm(context, normName)
  const builder = matrixBuilder(recipe.form.linear.qkv, width, qkvWidth(architecture))
  await putQueriesAndKeys(context, builder, attention, norm)
  const values = await gridValues(context, attention, norm)
  builder.put((heads + kvHeads) * architecture.headDim, values.rows)
  yield* builder.parts(`${to}qkv`)
  if (values.bias) yield part(`${to}qkv.bias`, await joinedBias(context, attention, values.bias))
  if (architecture.qkNorm) yield part(`${to}qk_norm`, await headNorms(context, attention))
  context.valueSteps.push([...values.steps])
  const output = matrixBuilder(recipe.form.linear.output, heads * architecture.headDim, width, context.rotation?.apply)
  for await (const { first, rows } of rowBlocks(
    source,
    `${attention}o_proj.weight`,
    width,
    heads * architecture.headDim,
  )) {
    output.put(first, outputRows(context, rows, values.steps))
  }
  yield* output.parts(`${to}output`)
  if (architecture.norms === 'sandwich') {
    yield part(`${to}post_attention_norm`, await normWeight(context, `${from}post_attention_layernorm.weight`))
  }
}

/** The checkpoint's head at each prepared place: group-major, so head `g * kvHeads + k` is the checkpoint's `k * groups + g`. */
function headOrder({ heads, kvHeads }: { readonly heads: number; readonly kvHeads: number }): number[] {
  const groups = heads / kvHeads
  return Array.from({ length: heads }, (_, place) => (place % kvHeads) * groups + Math.floor(place / kvHeads))
}

async function putQueriesAndKeys(
  context: Conversion,
  builder: MatrixBuilder,
  attention: string,
  norm: Float32Array | undefined,
): Promise<void> {
  const { source, architecture } = context
  const { heads, kvHeads, headDim } = architecture
  for (const [place, head] of headOrder(architecture).entries()) {
    const rows = await source.read(`${attention}q_proj.weight`, head * headDim, (head + 1) * headDim)
    foldInput(context, 'qkv', rows, norm)
    builder.put(place * headDim, rows)
  }
  for (let head = 0; head < kvHeads; head++) {
    const rows = await source.read(`${attention}k_proj.weight`, head * headDim, (head + 1) * headDim)
    foldInput(context, 'qkv', rows, norm)
    builder.put((heads + head) * headDim, rows)
  }
}

interface GridValues {
  /** [kvHeads * headDim, width], in grid units. */
  readonly rows: Float32Array
  /** [kvHeads * headDim], in grid units. */
  readonly bias?: Float32Array
  /** Grid step of each kv head. */
  readonly steps: Float32Array
}

/** The value projection with its Hadamard and its grid folded in. */
async function gridValues(context: Conversion, attention: string, norm: Float32Array | undefined): Promise<GridValues> {
  const { source, architecture, recipe } = context
  const rows = await source.read(`${attention}v_proj.weight`)
  const bias = architecture.qkvBias ? await source.read(`${attention}v_proj.bias`) : undefined
  foldInput(context, 'qkv', rows, norm)
  hadamardRows(rows, architecture.width, recipe.valueHadamard)
  if (bias) hadamardBlocks(bias, recipe.valueHadamard)
  const steps = valueSteps(architecture, recipe.grid, rows, bias)
  divideHeads(rows, steps)
  if (bias) divideHeads(bias, steps)
  return bias ? { rows, bias, steps } : { rows, steps }
}

function divideHeads(values: Float32Array, steps: Float32Array): void {
  const perHead = values.length / steps.length
  for (let i = 0; i < values.length; i++) values[i] = values[i]! / steps[Math.floor(i / perHead)]!
}

async function joinedBias(
  { source, architecture }: Conversion,
  attention: string,
  values: Float32Array,
): Promise<Float32Array> {
  const { headDim } = architecture
  const queries = await source.read(`${attention}q_proj.bias`)
  const ordered = headOrder(architecture).map((head) => queries.subarray(head * headDim, (head + 1) * headDim))
  return joined([...ordered, await source.read(`${attention}k_proj.bias`), values])
}

async function headNorms(context: Conversion, attention: string): Promise<Float32Array> {
  const { heads, kvHeads } = context.architecture
  const query = await normWeight(context, `${attention}q_norm.weight`)
  const key = await normWeight(context, `${attention}k_norm.weight`)
  return joined([...Array<Float32Array>(heads).fill(query), ...Array<Float32Array>(kvHeads).fill(key)])
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const values of parts) {
    out.set(values, at)
    at += values.length
  }
  return out
}

/** Rows of the output projection, whose inputs are heads in prepared order, in grid units. */
function outputRows(context: Conversion, rows: Float32Array, steps: Float32Array): Float32Array {
  const { architecture, recipe } = context
  const { headDim, kvHeads, heads } = architecture
  hadamardBlocks(rows, recipe.valueHadamard)
  const out = new Float32Array(rows.length)
  const order = headOrder(architecture)
  for (let start = 0; start < rows.length; start += heads * headDim) {
    for (const [place, head] of order.entries()) {
      const step = steps[place % kvHeads]!
      const from = start + head * headDim
      const to = start + place * headDim
      for (let i = 0; i < headDim; i++) out[to + i] = rows[from + i]! * step
    }
  }
  blockHadamard(context, 'output', out)
  return out
}
