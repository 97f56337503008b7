import { type Architecture, checkArchitecture, headSize } from '@foretoken/graph'
import { badCheckpoint, unsupported } from './bad-checkpoint.ts'

/** Bounds that keep a lying description from asking for absurd work before any tensor is compared with it. */
export const LIMITS: Readonly<Record<'layers' | 'width' | 'heads' | 'feedForward' | 'vocabulary' | 'context', number>> =
  {
    layers: 1024,
    width: 2 ** 17,
    heads: 2 ** 12,
    feedForward: 2 ** 20,
    vocabulary: 2 ** 22,
    context: 2 ** 26,
  }

/** Every tensor a model of this architecture consists of, under Hugging Face names, with its shape. */
export function requiredTensors(architecture: Architecture): ReadonlyMap<string, readonly number[]> {
  const { width, headDim, feedForward, vocabularySize, qkvBias, qkNorm, norms } = architecture
  const [q, kv] = [architecture.heads * headDim, architecture.kvHeads * headDim]
  const tensors = new Map<string, readonly number[]>()
  tensors.set('model.embed_tokens.weight', [vocabularySize, width])
  for (let layer = 0; layer < architecture.layers; layer++) {
    const add = (name: string, ...shape: number[]): unknown => tensors.set(`model.layers.${layer}.${name}`, shape)
    add('input_layernorm.weight', width)
    for (const [name, rows] of [['q', q] as const, ['k', kv] as const, ['v', kv] as const]) {
      add(`self_attn.${name}_proj.weight`, rows, width)
      if (qkvBias) add(`self_attn.${name}_proj.bias`, rows)
      if (qkNorm && name !== 'v') add(`self_attn.${name}_norm.weight`, headDim)
    }
    add('self_attn.o_proj.weight', width, q)
    add('post_attention_layernorm.weight', width)
    if (norms === 'sandwich') {
      add('pre_feedforward_layernorm.weight', width)
      add('post_feedforward_layernorm.weight', width)
    }
    add('mlp.gate_proj.weight', feedForward, width)
    add('mlp.up_proj.weight', feedForward, width)
    add('mlp.down_proj.weight', width, feedForward)
  }
  tensors.set('model.norm.weight', [width])
  if (!architecture.tiedHead) tensors.set('lm_head.weight', [headSize(architecture), width])
  return tensors
}

/**
 * Throws unless the tensors are exactly those of the architecture: a missing or misshapen one is a bad checkpoint, one
 * too many a model that Foretoken would compute wrongly.
 */
export function checkTensors(
  architecture: Architecture,
  tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): void {
  checkArchitecture(architecture)
  const required = requiredTensors(architecture)
  for (const [name, shape] of required) {
    const found = tensors.get(name)
    if (found && String(found.shape) === String(shape)) continue
    const what = found ? `has the shape [${found.shape}]` : 'is missing'
    throw badCheckpoint(`Tensor "${name}" ${what}; a ${architecture.family} of this size has it as [${shape}].`, {
      name,
      shape,
    })
  }
  for (const name of tensors.keys()) {
    if (required.has(name) || (name === 'lm_head.weight' && architecture.tiedHead)) continue
    throw unsupported(
      `The checkpoint has a tensor "${name}", which a plain ${architecture.family} does not have.`,
      'Use a checkpoint of one of the supported architectures: Llama, Mistral, Qwen 2, Qwen 3 or Gemma 3, text only.',
      { name },
    )
  }
}
