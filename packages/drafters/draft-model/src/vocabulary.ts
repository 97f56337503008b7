import { badOption } from '@foretoken/core'

/** @throws BAD_OPTION unless the tokens are in the model's vocabulary and ascend. */
export function checkVocabulary(vocabulary: readonly number[] | undefined, size: number): void {
  if (vocabulary === undefined) return
  if (vocabulary.length === 0) throw badOption('draftModel', 'vocabulary', 'is empty', 'at least one token')
  for (const [i, token] of vocabulary.entries()) {
    if (Number.isInteger(token) && token > (vocabulary[i - 1] ?? -1) && token < size) continue
    throw badOption('draftModel', 'vocabulary', `has ${token} at ${i}`, `ascending tokens from 0 to ${size - 1}`)
  }
}
