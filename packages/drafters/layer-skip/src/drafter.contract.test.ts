import type { Drafter, Model } from '@foretoken/core'
import { nearbyTable, type ToyModel, testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { toySkipping } from '../fixtures/toy-skipping.ts'
import { layerSkip } from './drafter.ts'
import type { LayerSkipOptions } from './options.ts'

const SUB_LAYERS = 12

/** The suite's targets cannot skip: the drafter sees them through a facet. */
function seesSkipping(drafter: Drafter): Drafter {
  const able = (model: Model) =>
    toySkipping(model as ToyModel, SUB_LAYERS, (skipped, logits) => {
      const seed = skipped.reduce((sum, entry, i) => sum + entry * (i + 1), 0)
      return nearbyTable(logits, { vocabularySize: model.vocabularySize, seed, closeness: 0.8 })
    })
  return {
    ...drafter,
    manifest: { ...drafter.manifest, requires: [] },
    begin: (prompt, model) => drafter.begin(prompt, able(model)),
  }
}

const some = new Uint8Array(SUB_LAYERS).fill(1, 3, 8)
const cases: Record<string, LayerSkipOptions> = {
  'searching at every round': { threshold: 0, interval: 1, context: 4 },
  'a fixed set': { skipped: some, threshold: 0 },
  'nothing skipped': { skipped: new Uint8Array(SUB_LAYERS), threshold: 0.3 },
  sampled: { skipped: some, threshold: 0, temperature: 0.8 },
}
for (const [name, options] of Object.entries(cases)) {
  testDrafter(
    { describe, it },
    { name: `layer-skip, ${name}`, vocabularySize: 4, honestLevels: 2, create: () => seesSkipping(layerSkip(options)) },
  )
}
