import { readFile } from 'node:fs/promises'
import type { NgramText } from '@foretoken/drafter-ngram'
import { KEPT } from '../fastdraft/top-probabilities.ts'

/** Numbers of a labelled token: ids and probabilities, likeliest first. */
const LABEL = 2 * KEPT

/** The first answers of a file, with what the target found likeliest in each place, as far as they are labelled. */
export async function readLabelled(file: string): Promise<NgramText[]> {
  const stem = file.replace(/\.jsonl$/, '')
  const documents = await readFile(`${stem}.documents.jsonl`, 'utf8').catch(() => '')
  const bytes = await readFile(`${stem}.labels`).catch(() => new Uint8Array())
  const labels = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1)
  const texts: NgramText[] = []
  let at = 0
  for (const document of documents.split('\n').slice(0, -1)) {
    const { tokens, start } = JSON.parse(document) as { tokens: number[]; start: number }
    const likeliest = Int32Array.from(tokens)
    if (at + (tokens.length - start) * LABEL > labels.length) break
    for (let i = start; i < tokens.length; i++, at += LABEL) likeliest[i] = labels[at]!
    texts.push({ tokens: Int32Array.from(tokens), start, likeliest })
  }
  return texts
}
