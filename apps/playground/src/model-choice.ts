import { element } from './elements.ts'
import { EMBEDDED, type PlacedModels } from './models.ts'

type Location = PlacedModels['location']

export interface ModelChoice {
  readonly elements: readonly HTMLElement[]
  /** Those to switch off while something runs. */
  readonly controls: readonly (HTMLButtonElement | HTMLInputElement)[]
  /** Opens files, where there are any. */
  take(files: readonly File[]): void
}

/** Where another model is named, or its files are chosen. */
export function modelChoice(open: (location: Location) => void): ModelChoice {
  const take = (files: readonly File[]) => {
    if (files.length > 0) open(files)
  }
  const name = element('input', { name: 'model', placeholder: 'stories, smollm2-135m, hub:owner/name, https://…' })
  const openNamed = () => {
    const text = name.value.trim()
    if (text) open(text === 'stories' ? EMBEDDED : text)
  }
  const load = element('button', { type: 'button', onclick: openNamed }, 'Load')
  const files = filesInput(take)
  return {
    elements: [
      element('label', {}, 'Another model, by name or address', name),
      load,
      element('label', {}, 'Or files (GGUF, or safetensors with their .json files)', files),
    ],
    controls: [load, files],
    take,
  }
}

function filesInput(take: (files: readonly File[]) => void): HTMLInputElement {
  const input = element('input', {
    type: 'file',
    accept: '.gguf,.safetensors,.json',
    multiple: true,
    // The same file may be chosen again.
    onclick: () => {
      input.value = ''
    },
    onchange: () => take([...(input.files ?? [])]),
  })
  return input
}
