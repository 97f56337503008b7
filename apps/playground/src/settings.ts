/** What a run is made of; a link holds it. */
export interface Settings {
  readonly prompt: string
  /** Where the target runs. */
  readonly backend: 'wasm' | 'webgpu'
  readonly drafter: string
  readonly verifier: string
  /** What is kept of the target’s law before it is drawn from; matters above temperature 0. */
  readonly sampler: string
  readonly draftTokens: number
  readonly temperature: number
  readonly seed: number
  readonly maxTokens: number
}

/** The address of this page with these settings in it. */
export function linkOf(settings: Settings, page: string): string {
  const url = new URL(page)
  url.hash = new URLSearchParams(Object.entries(settings).map(([key, value]) => [key, String(value)])).toString()
  return url.href
}

/** `defaults`, and of a link's settings those that could be meant. */
export function settingsOf(
  hash: string,
  defaults: Settings,
  choices: Partial<Record<keyof Settings, readonly string[]>>,
): Settings {
  const given = new URLSearchParams(hash.replace(/^#/, ''))
  const entries = Object.entries(defaults).map(([key, standard]) => {
    const text = given.get(key)
    if (text === null) return [key, standard]
    if (typeof standard === 'number')
      return [key, Number.isFinite(Number(text)) && text !== '' ? Number(text) : standard]
    const known = choices[key as keyof Settings]
    return [key, known && !known.includes(text) ? standard : text]
  })
  return Object.fromEntries(entries) as Settings
}
