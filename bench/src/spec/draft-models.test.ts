import { expect, it } from 'vitest'
import { readCompositions } from './compositions.ts'
import { draftedBy } from './draft-models.ts'

it('gives compositions the draft model of the target, at every temperature', async () => {
  const compositions = await readCompositions(['draft-model', 'auto-draft', 'retokenized'])
  const drafts = (model: string, draftModel?: string) =>
    draftedBy(compositions, { model, draftModel }).map(({ drafter, variants }) =>
      [drafter, ...variants.map((variant) => variant.drafter!)].map(
        (each) => each.draftModel ?? each.drafters[1]?.draftModel,
      ),
    )
  const translated = ['stories-draft', 'stories-draft']
  expect(drafts('smollm2-135m')).toEqual([
    ['smollm2-draft', 'smollm2-draft'],
    ['smollm2-draft', 'smollm2-draft'],
    translated,
  ])
  expect(drafts('stories')[1]).toEqual(['stories-draft', 'stories-draft'])
  expect(drafts('other.gguf', 'small.gguf')[0]).toEqual(['small.gguf', 'small.gguf'])
  expect(drafts('other.gguf')[0]).toEqual(translated)
})
