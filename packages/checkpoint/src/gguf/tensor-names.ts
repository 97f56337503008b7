// llama.cpp renames Hugging Face tensors at conversion (gguf-py/gguf/tensor_mapping.py); this is the way back.

const WHOLE: ReadonlyMap<string, string> = new Map([
  ['token_embd.weight', 'model.embed_tokens.weight'],
  ['output_norm.weight', 'model.norm.weight'],
  ['output.weight', 'lm_head.weight'],
])

const IN_LAYER: ReadonlyMap<string, string> = new Map([
  ['attn_norm', 'input_layernorm'],
  ['attn_q', 'self_attn.q_proj'],
  ['attn_k', 'self_attn.k_proj'],
  ['attn_v', 'self_attn.v_proj'],
  ['attn_output', 'self_attn.o_proj'],
  ['attn_q_norm', 'self_attn.q_norm'],
  ['attn_k_norm', 'self_attn.k_norm'],
  ['ffn_norm', 'post_attention_layernorm'],
  ['ffn_gate', 'mlp.gate_proj'],
  ['ffn_up', 'mlp.up_proj'],
  ['ffn_down', 'mlp.down_proj'],
])

/** Blocks that normalize after attention and feed-forward too: `ffn_norm` is another norm there. */
const IN_SANDWICH: ReadonlyMap<string, string> = new Map([
  ...IN_LAYER,
  ['ffn_norm', 'pre_feedforward_layernorm'],
  ['post_attention_norm', 'post_attention_layernorm'],
  ['post_ffw_norm', 'post_feedforward_layernorm'],
])

/** Hugging Face's name of a GGUF tensor, or `undefined` for one that no supported architecture has. */
export function huggingFaceName(name: string, norms: 'pre' | 'sandwich'): string | undefined {
  const whole = WHOLE.get(name)
  if (whole) return whole
  const match = /^blk\.(\d{1,4})\.(\w+)\.(weight|bias)$/.exec(name)
  const part = match && (norms === 'sandwich' ? IN_SANDWICH : IN_LAYER).get(match[2] as string)
  return part ? `model.layers.${match[1]}.${part}.${match[3]}` : undefined
}
