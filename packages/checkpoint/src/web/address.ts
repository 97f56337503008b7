import { hubAddress, parseHub } from '../hub.ts'
import { MODELS, type ModelSource } from '../manifest.ts'

export interface Address {
  readonly url: URL
  /** Of a model known by name: its own, and what its file must hash to. */
  readonly id?: string
  readonly sha256?: string
}

/**
 * The address of a model: of one known by name (`MODELS`), of `hub:owner/name` on the Hugging Face hub, with `@revision` and
 * `/file.gguf` where wanted, or an address itself, relative to `base`.
 */
export function addressOf(location: string, base: string, hubUrl?: string): Address {
  const entry = MODELS.find(({ id }) => id === location)
  const url = entry?.sources.map((source) => urlOf(source, hubUrl)).find((each) => each !== undefined)
  if (entry && url) return { url, id: entry.id, ...(entry.sha256 !== undefined && { sha256: entry.sha256 }) }
  const place = parseHub(location)
  return { url: place ? hubAddress(place, hubUrl) : new URL(location, base) }
}

/** Where a page can load a source from; from the others it cannot. */
function urlOf(source: ModelSource, hubUrl: string | undefined): URL | undefined {
  if (source.kind === 'url') return new URL(source.url)
  return source.kind === 'hub' ? hubAddress(source, hubUrl) : undefined
}
