import { type LoadedModel, type LoadOptions, loadModel, placeText } from '@foretoken/backend-web'
import { ngramsOf } from '@foretoken/checkpoint/web'
import { loadNgramTable } from '@foretoken/drafter-ngram'
import { ngramFile } from '@foretoken/model-smollm2-ngrams'
import { modelFile as stories } from '@foretoken/model-stories'
import { modelFile as storiesDraft } from '@foretoken/model-stories-draft'
import type { Models } from './methods.ts'
import type { Settings } from './settings.ts'

type OnStatus = (text: string) => void
type Location = Parameters<typeof loadModel>[0]

/** What the page opens on. */
export const EMBEDDED: Location = stories

/** Models with where the target came from, to load it elsewhere. */
export interface PlacedModels extends Models {
  readonly location: Location
  readonly backend: Settings['backend']
}

/** Who loads: hears how it goes, and may stop it. */
export interface Loading {
  readonly onStatus: OnStatus
  readonly signal: AbortSignal
}

function load(location: Location, { onStatus, signal }: Loading, options: LoadOptions = {}): Promise<LoadedModel> {
  return loadModel(location, {
    ...options,
    signal,
    onProgress({ phase, what, done, total }) {
      const share = total > 0 ? `${Math.floor((100 * done) / total)} %` : `${(done / 1e6).toFixed(1)} MB`
      onStatus(`${phase === 'convert' ? 'Converting' : 'Downloading'} ${what}: ${share}`)
    },
  })
}

async function loadTarget(
  location: Location,
  backend: Settings['backend'],
  loading: Loading,
): Promise<Pick<Models, 'target' | 'ngrams'>> {
  const target = await load(location, loading, {
    provider: backend,
    ...(location === EMBEDDED && { id: 'stories' }),
  })
  try {
    const { signal } = loading
    const bytes = await ngramsOf(target.info, { '@foretoken/model-smollm2-ngrams': ngramFile }, { signal })
    return { target, ngrams: bytes && loadNgramTable(bytes) }
  } catch (error) {
    await target.dispose()
    throw error
  }
}

/** The target and the embedded draft, which runs on WASM whatever the target does. */
export async function placed(
  location: Location,
  backend: Settings['backend'],
  loading: Loading,
): Promise<PlacedModels> {
  const [target, draft] = await Promise.allSettled([
    loadTarget(location, backend, loading),
    load(storiesDraft, loading, { id: 'stories-draft' }),
  ])
  if (target.status === 'fulfilled' && draft.status === 'fulfilled')
    return { ...target.value, draft: draft.value, location, backend }
  // One alone is of no use, and would stay in memory.
  if (target.status === 'fulfilled') await target.value.target.dispose()
  if (draft.status === 'fulfilled') await draft.value.dispose()
  throw target.status === 'rejected' ? target.reason : (draft as PromiseRejectedResult).reason
}

/** The same draft for another target, which takes the place of the last one. */
export async function withTarget(
  { target, draft }: Models,
  location: Location,
  backend: Settings['backend'],
  loading: Loading,
): Promise<PlacedModels> {
  const next = await loadTarget(location, backend, loading)
  await target.dispose()
  return { ...next, draft, location, backend }
}

/** What runs where, in words. */
export function describe({ target: { info, model, runtime, note }, draft, ngrams }: Models): string {
  const where = `${info.id}, ${info.quantization}, on ${placeText(model.where)}; ${draft.info.id} on ${placeText(draft.model.where)}.`
  const known = ngrams && `${ngrams.contexts.toLocaleString('en')} n-grams of the model are at hand.`
  return [where, known, runtime.note, note].filter((part) => part !== undefined).join(' ')
}
