import { ngramsOf } from '@foretoken/checkpoint/node'
import { loadNgramTable, type NgramTable } from '@foretoken/drafter-ngram'
import type { Loaded } from './load.ts'

/** What a model mostly says, for a drafter that asks, where an installed package has it. */
export async function tableFor(drafter: string, { prepared }: Loaded): Promise<NgramTable | undefined> {
  if (drafter !== 'auto' && drafter !== 'ngram') return undefined
  const bytes = await ngramsOf(prepared.info.id)
  return bytes && loadNgramTable(bytes)
}
