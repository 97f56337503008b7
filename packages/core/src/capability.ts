/**
 * What a backend can do and a method may require. The list is closed: a new entry needs a decision record and two
 * users. A backend derives what it supports from the graph it loaded, never from a claim of its user.
 */
export const CAPABILITIES = [
  'logits:all-positions',
  'kv:rewind',
  'kv:gather',
  'kv:fork',
  'state:snapshot',
  'attention:tree-mask',
  'positions:explicit',
  'input:embeddings',
  'output:hidden-states',
  'output:attention',
  'rows:exact',
  'layers:skip',
  'heads:extra',
  'weights:lm-head',
  'batch:sequences',
] as const

export type Capability = (typeof CAPABILITIES)[number]
