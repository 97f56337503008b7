import { readFileSync } from 'node:fs'
import { rng, STREAMS } from '@foretoken/core'

type Material = Readonly<Record<string, readonly string[]>> & { readonly frames: readonly string[] }

const material = JSON.parse(readFileSync(new URL('./questions.json', import.meta.url), 'utf8')) as Material

/** Question number `index` under `seed`: a frame, each of its slots filled anew. A pure function of both. */
export function framedQuestion(seed: number, index: number): string {
  const random = rng(seed)
  let draws = 0
  const pick = (values: readonly string[]): string =>
    values[Math.floor(random.uniform(STREAMS.draft, index, draws++) * values.length)]!
  const chosen = new Map<string, string>()
  return pick(material.frames).replace(/\{(\w+)\}/g, (_, slot: string) => {
    const value = chosen.get(slot) ?? pick(material[slot]!)
    chosen.set(slot, value)
    return value
  })
}

const WORDS = 8

/** Tells whether a text shares eight words in a row with any of `texts`: such questions are left out. */
export function overlaps(texts: readonly string[]): (text: string) => boolean {
  const known = new Set(texts.flatMap(runsOfWords))
  return (text) => runsOfWords(text).some((run) => known.has(run))
}

function runsOfWords(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  return Array.from({ length: Math.max(0, words.length - WORDS + 1) }, (_, i) => words.slice(i, i + WORDS).join(' '))
}
