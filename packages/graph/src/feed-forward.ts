import type { BuildContext } from './context.ts'
import { linear } from './linear.ts'

/** Gated feed-forward block: (act(x·Wgate) ∘ x·Wup)·Wdown. */
export function feedForward(context: BuildContext, x: string, layer: number): string {
  const { architecture, graph } = context
  const { width, feedForward: inner } = architecture
  const prefix = `layers.${layer}.`
  const both = linear(context, x, { kind: 'gate_up', weight: `${prefix}gate_up`, layer, width })
  const [gate, up] = graph.ops('Split', [both, graph.integers(inner, inner)], 2, { axis: -1 })
  const active =
    architecture.activation === 'silu'
      ? graph.op('QuickGelu', [gate as string], { alpha: { float: 1 } })
      : graph.op('FastGelu', [gate as string])
  const product = graph.op('Mul', [active, up as string])
  return linear(context, product, { kind: 'down', weight: `${prefix}down`, layer, width: inner })
}
