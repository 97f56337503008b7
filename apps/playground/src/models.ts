import { type LoadedModel, type LoadOptions, loadModel, placeText } from '@foretoken/backend-web'
import { modelFile as stories } from '@foretoken/model-stories'
import { modelFile as storiesDraft } from '@foretoken/model-stories-draft'
import type { Models } from './methods.ts'
import type { Settings } from './settings.ts'

type OnStatus = (text: string) => void
type Location = Parameters<typeof loadModel>[0]

/** Models with where the target came from, to load it elsewhere. */
export interface PlacedModels extends Models {
  readonly location: Location
  readonly backend: Settings['backend']
}

function load(location: Location, onStatus: OnStatus, options: LoadOptions = {}): Promise<LoadedModel> {
  return loadModel(location, {
    ...options,
    onProgress({ phase, what, done, total }) {
      const share = total > 0 ? `${Math.floor((100 * done) / total)} %` : `${(done / 1e6).toFixed(1)} MB`
      onStatus(`${phase === 'convert' ? 'Converting' : 'Downloading'} ${what}: ${share}`)
    },
  })
}

/** Graphics cards compute in floating point. */
const on = (backend: Settings['backend']): LoadOptions =>
  backend === 'webgpu' ? { provider: 'webgpu', weights: 'float32' } : {}

/** The embedded models; the draft runs on WASM whatever the target does. */
export async function embedded(backend: Settings['backend'], onStatus: OnStatus): Promise<PlacedModels> {
  const [target, draft] = await Promise.all([
    load(stories, onStatus, { ...on(backend), id: 'stories' }),
    load(storiesDraft, onStatus, { id: 'stories-draft' }),
  ])
  return { target, draft, location: stories, backend }
}

/** The same draft for another target, which takes the place of the last one. */
export async function withTarget(
  { target, draft }: Models,
  location: Location,
  backend: Settings['backend'],
  onStatus: OnStatus,
): Promise<PlacedModels> {
  const id = location === stories ? { id: 'stories' } : {}
  const next = await load(location, onStatus, { ...on(backend), ...id })
  await target.dispose()
  return { target: next, draft, location, backend }
}

/** What runs where, in words. */
export function describe({ target: { info, model, runtime, note }, draft }: Models): string {
  const where = `${info.id}, ${info.quantization}, on ${placeText(model.where)}; ${draft.info.id} on ${placeText(draft.model.where)}.`
  return [where, runtime.note, note].filter((part) => part !== undefined).join(' ')
}
