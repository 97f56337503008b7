import { expect, it } from 'vitest'
import { drawChart } from './chart.ts'

it('draws without a browser', async () => {
  const svg = await drawChart({
    title: 'Squares',
    data: {
      values: [
        { x: 1, y: 1 },
        { x: 2, y: 4 },
      ],
    },
    mark: { type: 'line', point: true },
    encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' } },
  })
  expect(svg).toMatch(/^<svg/)
  expect(svg).toContain('Squares')
})
