import { type Architecture, layerType } from './architecture.ts'
import type { GraphBuilder } from './builder.ts'
import { type InPlaceValues, MASKED, type SlotValues, type StepValues } from './context.ts'
import type { ResolvedOptions } from './graph-options.ts'
import { ELEMENT_TYPES } from './onnx.ts'

/** Below all scores, and a float16. */
const LOWEST_HALF = -60_000

/** Declares the inputs that are not weights or cache and computes what all layers share. */
export function stepValues(architecture: Architecture, options: ResolvedOptions, graph: GraphBuilder): StepValues {
  const { heads, kvHeads } = architecture
  const groups = heads / kvHeads
  const positions = graph.input('positions', 'int64', ['rows'])
  const rows = graph.op('Shape', [positions])
  const columns = graph.op('Unsqueeze', [positions, graph.integers(-1)])
  const kinds = new Set(options.layers.map((layer) => layerType(architecture, layer)))
  const slots = (mask: string) => slotValues(graph, mask, rows, groups)
  const rotaryPositions = graph.op('Expand', [columns, graph.integers(1, heads + kvHeads)])
  if (options.isInPlace) return { skip: [], rotaryPositions, inPlace: inPlaceValues(graph, options, kinds) }
  return {
    rotaryPositions,
    skip: options.isSkippable ? skips(graph, 2 * options.layers.length) : [],
    ...(kinds.has('global') && { global: slots(globalMask(graph, options, rows)) }),
    ...(kinds.has('sliding') && { sliding: slots(graph.input('sliding_mask', 'float32', ['rows', 'sliding_slots'])) }),
  }
}

function inPlaceValues(graph: GraphBuilder, options: ResolvedOptions, kinds: ReadonlySet<string>): InPlaceValues {
  const mask = (name: string) => {
    const given = graph.input(name, 'float32', [1, 1, 'rows', 'slots'])
    if (options.cache === 'float32') return given
    const finite = graph.op('Max', [given, graph.scalar(LOWEST_HALF)])
    return graph.op('Cast', [finite], { to: ELEMENT_TYPES.float16 })
  }
  return {
    lastSlot: graph.input('last_slot', 'int32', [1]),
    slots: graph.input('slots', 'int32', [1]),
    masks: {
      global: options.isTree && kinds.has('global') ? mask('mask') : undefined,
      sliding: kinds.has('sliding') ? mask('sliding_mask') : undefined,
    },
  }
}

function skips(graph: GraphBuilder, count: number): string[] {
  const all = graph.input('skip', 'bool', [count])
  return Array.from({ length: count }, (_, i) => graph.op('Gather', [all, graph.integers(i)], { axis: 0 }))
}

function slotValues(graph: GraphBuilder, mask: string, rows: string, groups: number): SlotValues {
  const slots = graph.op('Shape', [mask], { start: 1, end: 2 })
  const parts = graph.op('Concat', [graph.op('Sub', [slots, rows]), rows], { axis: 0 })
  return { mask: perGroup(graph, mask, slots, groups), parts }
}

/** The global mask: an input for trees, for chains a triangle beside an input over the past. */
function globalMask(graph: GraphBuilder, options: ResolvedOptions, rows: string): string {
  if (options.isTree) return graph.input('mask', 'float32', ['rows', 'slots'])
  const square = graph.op('Concat', [rows, rows], { axis: 0 })
  const one = graph.constant('one', 'int64', [], () => BigInt64Array.of(1n))
  const later = graph.op('Trilu', [graph.op('Expand', [graph.scalar(MASKED), square]), one], { upper: 1 })
  const past = graph.input('past_mask', 'float32', ['past'])
  const shape = graph.op('Concat', [rows, graph.op('Shape', [past])], { axis: 0 })
  return graph.op('Concat', [graph.op('Expand', [past, shape]), later], { axis: 1 })
}

/** Repeats each row of a [rows, slots] mask for the query heads that share a kv head: [rows * groups, slots]. */
function perGroup(graph: GraphBuilder, mask: string, slots: string, groups: number): string {
  if (groups === 1) return mask
  const repeated = graph.op('Expand', [graph.op('Unsqueeze', [mask, graph.integers(1)]), graph.integers(1, groups, 1)])
  return graph.op('Reshape', [repeated, graph.op('Concat', [graph.integers(-1), slots], { axis: 0 })])
}
