import { type LoadedModel, type LoadOptions, loadModel } from '@foretoken/backend-web'
import { modelFile as stories } from '@foretoken/model-stories'
import { modelFile as storiesDraft } from '@foretoken/model-stories-draft'
import type { Models } from './methods.ts'

type OnStatus = (text: string) => void

function load(location: URL | File, id: string, onStatus: OnStatus, options: LoadOptions = {}): Promise<LoadedModel> {
  return loadModel(location, {
    ...options,
    id,
    onProgress({ phase, done, total }) {
      const share = total > 0 ? `${Math.floor((100 * done) / total)} %` : `${(done / 1e6).toFixed(1)} MB`
      onStatus(`${phase === 'convert' ? 'Converting' : 'Downloading'} ${id}: ${share}`)
    },
  })
}

/** The embedded models. */
export async function embedded(onStatus: OnStatus): Promise<Models> {
  const [target, draft] = await Promise.all([
    load(stories, 'stories', onStatus),
    load(storiesDraft, 'stories-draft', onStatus),
  ])
  return { target, draft }
}

/** The same draft for another target, which takes the place of the last one. */
export async function withTarget({ target, draft }: Models, file: File, onStatus: OnStatus): Promise<Models> {
  const next = await load(file, file.name.replace(/\.gguf$/i, ''), onStatus)
  await target.dispose()
  return { target: next, draft }
}

/** What runs a model, in words. */
export function describe({ info, runtime }: LoadedModel): string {
  const threads = `${runtime.threads} thread${runtime.threads === 1 ? '' : 's'}`
  return `${info.id}, ${info.quantization}, on ${runtime.provider.toUpperCase()} with ${threads}.${runtime.note ? ` ${runtime.note}` : ''}`
}
