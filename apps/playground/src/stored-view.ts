import { listModels, removeModel } from '@foretoken/checkpoint/web'
import { element } from './elements.ts'

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

/** The models that this site keeps in the browser, with the space that they take, and a way to free it. */
export function storedModels(): HTMLElement {
  const list = element('ul')
  const refresh = async (): Promise<void> => {
    const models = await listModels()
    list.replaceChildren(
      ...models.map(({ key, bytes }) => {
        const free = async () => {
          await removeModel(key)
          await refresh()
        }
        return element(
          'li',
          {},
          `${key}: ${megabytes(bytes)} `,
          element('button', { type: 'button', onclick: () => void free() }, 'Remove'),
        )
      }),
    )
    if (models.length === 0) list.replaceChildren(element('li', {}, 'None.'))
  }
  const whole = element('details', {}, element('summary', {}, 'Models kept in this browser'), list)
  whole.ontoggle = () => {
    if (whole.open) void refresh()
  }
  return whole
}
