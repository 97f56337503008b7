import type { CostCurve } from '@foretoken/controller'
import { element } from './elements.ts'

/** What a step costs on this device by the rows it scores: how many drafted tokens are nearly free. */
export function costTable({ rows, contexts, milliseconds }: CostCurve): HTMLElement {
  const head = element(
    'tr',
    {},
    element('th', { scope: 'col' }, 'Rows'),
    ...contexts.map((context) => element('th', { scope: 'col' }, `context ${context}`)),
  )
  const body = rows.map((count, i) => {
    const cells = contexts.map((_, at) => {
      const [plain, cost] = [milliseconds[at]![0]!, milliseconds[at]![i]!]
      return element('td', {}, `${cost.toFixed(1)} ms, ${(cost / plain).toFixed(2)} steps`)
    })
    return element('tr', {}, element('th', { scope: 'row' }, String(count)), ...cells)
  })
  return element(
    'table',
    { className: 'costs' },
    element('caption', {}, 'A step of this model on this device, by the rows it scores. “auto” drafts by it.'),
    element('thead', {}, head),
    element('tbody', {}, ...body),
  )
}
