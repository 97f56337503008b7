import type { Capability } from '@foretoken/core'
import { expect, it } from 'vitest'
import { unavailable } from './availability.ts'
import type { Models } from './methods.ts'

function models(supports: readonly Capability[], vocabularySizes: readonly [number, number] = [8, 8]): Models {
  const [target, draft] = vocabularySizes.map((vocabularySize) => ({
    model: { vocabularySize, supports: new Set(supports) },
    info: { id: 'small' },
  }))
  return { target, draft } as unknown as Models
}

it('says which capability a choice lacks', () => {
  const chains = unavailable(models(['logits:all-positions', 'kv:rewind', 'kv:fork']), 'this browser has no WebGPU')
  expect(chains.backend).toEqual({ webgpu: 'this browser has no WebGPU' })
  expect(chains.drafter['token-recycling']).toMatch(/^needs .*attention:tree-mask/)
  expect(chains.drafter['layer-skip']).toMatch(/^needs .*layers:skip/)
  expect(chains.drafter).not.toHaveProperty('prompt-lookup')
  expect(chains.verifier).not.toHaveProperty('exact-match')
})

it('says that the draft has other tokens than the target, where its number of them differs', () => {
  const { drafter } = unavailable(models(['attention:tree-mask'], [8, 9]), undefined)
  expect(drafter).toMatchObject({ 'draft-model': 'small has other tokens', pearl: 'small has other tokens' })
  expect(drafter).not.toHaveProperty('ngram')
  expect(unavailable(models(['attention:tree-mask']), undefined).drafter['draft-model'] ?? '').not.toMatch('tokens')
})
