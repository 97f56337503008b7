/** A repository on the Hugging Face hub, or one file of it. */
export interface HubPlace {
  /** `owner/name` */
  readonly repository: string
  /** Branch, tag or commit. Default `main`. */
  readonly revision?: string
  /** Default: the whole repository, whose address ends with `/`. */
  readonly file?: string
}

export const HUB_URL = 'https://huggingface.co'

/** The address of a place on the hub. */
export function hubAddress({ repository, revision = 'main', file = '' }: HubPlace, hubUrl: string = HUB_URL): URL {
  return new URL([repository, 'resolve', revision, file].join('/'), `${hubUrl.replace(/\/+$/, '')}/`)
}

/** Reads `hub:owner/name`, with `@revision` and `/file` where wanted; `undefined` for anything else. */
export function parseHub(text: string): HubPlace | undefined {
  const match = /^hub:([\w.-]+\/[\w.-]+)(?:@([\w.-]+))?(?:\/([\w./-]+))?$/.exec(text)
  if (!match) return undefined
  const [, repository = '', revision, file] = match
  return { repository, ...(revision !== undefined && { revision }), ...(file !== undefined && { file }) }
}
