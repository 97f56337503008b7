import { listModels, removeModel } from '@foretoken/checkpoint/web'
import { ForetokenError } from '@foretoken/core'
import { element } from './elements.ts'

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

export interface StoredView {
  readonly element: HTMLElement
  /** Shows what is there now. */
  refresh(): void
}

/** The models that this site keeps in the browser, with the space that they take, and a way to free it. */
export function storedModels(): StoredView {
  const list = element('ul')
  const problem = element('p', { className: 'problem', role: 'status' })
  /** Does so and shows what is there after it, or why that failed. */
  const refresh = async (before?: () => Promise<void>): Promise<void> => {
    problem.textContent = ''
    try {
      await before?.()
    } catch (error) {
      say(error)
    }
    try {
      const models = await listModels()
      list.replaceChildren(...models.map(({ key, bytes }) => entry(key, bytes)))
      if (models.length === 0) list.replaceChildren(element('li', {}, 'None.'))
    } catch (error) {
      say(error)
    }
  }
  const say = (error: unknown) => {
    if (!ForetokenError.is(error)) throw error
    problem.textContent = error.message
  }
  const entry = (key: string, bytes: number) => {
    const free = () => void refresh(() => removeModel(key))
    const button = element('button', { type: 'button', ariaLabel: `Remove ${key}`, onclick: free }, 'Remove')
    return element('li', {}, element('span', {}, `${key}: ${megabytes(bytes)}`), button)
  }
  const whole = element('details', {}, element('summary', {}, 'Models kept in this browser'), list, problem)
  const refreshOpen = () => {
    if (whole.open) void refresh()
  }
  whole.ontoggle = refreshOpen
  return { element: whole, refresh: refreshOpen }
}
