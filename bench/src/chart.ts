import type { TopLevelSpec } from 'vega-lite'

/** What a chart shows: data, and how fields map to marks. Size and font are the same for all. */
export type ChartSpec = Record<string, unknown> & { readonly title: string }

/** Draws a Vega-Lite specification as SVG, without a browser. */
export async function drawChart(spec: ChartSpec): Promise<string> {
  const [{ compile }, vega] = await Promise.all([import('vega-lite'), import('vega')])
  const whole = { width: 480, height: 280, background: 'white', ...spec } as unknown as TopLevelSpec
  const view = new vega.View(vega.parse(compile(whole).spec), { renderer: 'none' })
  try {
    return await view.toSVG()
  } finally {
    view.finalize()
  }
}
