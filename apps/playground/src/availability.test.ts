import { expect, it } from 'vitest'
import { unavailable } from './availability.ts'

it('says which capability a choice lacks', () => {
  const chains = unavailable(new Set(['logits:all-positions', 'kv:rewind', 'kv:fork']), 'this browser has no WebGPU')
  expect(chains.backend).toEqual({ webgpu: 'this browser has no WebGPU' })
  expect(chains.drafter['token-recycling']).toMatch(/^needs .*attention:tree-mask/)
  expect(chains.drafter['layer-skip']).toMatch(/^needs .*layers:skip/)
  expect(chains.drafter).not.toHaveProperty('prompt-lookup')
  expect(chains.verifier).not.toHaveProperty('exact-match')
})
