import { ForetokenError } from '@foretoken/core'
import { type Architecture, checkArchitecture } from './architecture.ts'
import { LINEAR_NAMES, linearSizes, type WeightForm } from './weights.ts'

/** Bits of the integer grids that make sums over cache slots exact. */
export interface ExactGrid {
  /** Values lie in [−2^(bits − 1), 2^(bits − 1)]. */
  readonly valueBits: number
  /** Attention weights of a row sum to about 2^bits. */
  readonly probabilityBits: number
}

/** exp(s − max) is rounded to multiples of 2^−11 before it is summed. */
export const EXPONENTIAL_BITS = 11

/** At long context coarser attention weights cost more than coarser values. */
export const DEFAULT_GRID: ExactGrid = { valueBits: 11, probabilityBits: 13 }

export interface GraphOptions {
  /** The form of the prepared weights. */
  readonly form: WeightForm
  /**
   * `exact`: a row's bits do not depend on what is fed with it. `float`: ordinary attention. `in-place`: the runtime's own attention,
   * which writes the cache on its device and wants query heads kv-major in `qkv` and `output`. Default `exact`.
   */
  readonly attention?: 'exact' | 'float' | 'in-place'
  /** Default `DEFAULT_GRID`. */
  readonly grid?: ExactGrid
  /** Type of cached keys and values. float16 halves the memory; on the exact grid values lose nothing by it. Default `float16`. */
  readonly cache?: 'float32' | 'float16'
  /** Whether rows may form a tree; otherwise they are a chain and the graph has no mask input. Default true. */
  readonly tree?: boolean
  /** Layers to run, ascending. Default: all. */
  readonly layers?: readonly number[]
  /** Whether passes may leave out sub-layers: adds the input `skip`. The normal graph is quicker by a few percent. Default false. */
  readonly skippable?: boolean
  /** Layers whose output (the residual stream after them) is a graph output. Default: none. */
  readonly hiddenStates?: readonly number[]
  /** Rows enter as `tokens` or as `embeddings`, [rows, width]. Default `tokens`. */
  readonly input?: 'tokens' | 'embeddings'
  /** Positions the graph can serve. Default and most: the architecture's context length, for exact attention the grid's limit. */
  readonly positions?: number
}

export interface ResolvedOptions {
  readonly form: WeightForm
  readonly isExact: boolean
  /** Whether the runtime writes the cache, in place. */
  readonly isInPlace: boolean
  readonly grid: ExactGrid
  readonly cache: 'float32' | 'float16'
  readonly isTree: boolean
  readonly layers: readonly number[]
  readonly isSkippable: boolean
  readonly hiddenStates: readonly number[]
  readonly input: 'tokens' | 'embeddings'
  readonly positions: number
}

/**
 * Most slots for which every partial sum stays within 2^24, the integers that float32 holds exactly: the rounded
 * exponentials sum to at most 2^11 per slot, the rounded weights to at most 2^p + slots / 2, times values of 2^(v − 1).
 */
export function exactSlots(grid: ExactGrid): number {
  const weights = 2 * (2 ** (25 - grid.valueBits) - 2 ** grid.probabilityBits)
  return Math.max(0, Math.min(2 ** (24 - EXPONENTIAL_BITS), weights))
}

/** Fills in defaults. Throws `BAD_OPTION` for what no graph can do. */
export function resolveOptions(architecture: Architecture, options: GraphOptions): ResolvedOptions {
  checkArchitecture(architecture)
  const isExact = (options.attention ?? 'exact') === 'exact'
  const isInPlace = options.attention === 'in-place'
  if (isInPlace && options.skippable) refuse('skippable', true, 'false where attention is in-place')
  const grid = options.grid ?? DEFAULT_GRID
  checkGrid(grid)
  checkForm(architecture, options.form)
  const limit = Math.min(architecture.contextLength, isExact ? exactSlots(grid) : Number.POSITIVE_INFINITY)
  const positions = options.positions ?? limit
  if (!Number.isSafeInteger(positions) || positions < 1 || positions > limit) {
    refuse('positions', positions, `an integer from 1 to ${limit}`)
  }
  const layers = options.layers ?? Array.from({ length: architecture.layers }, (_, layer) => layer)
  checkLayers('layers', layers, architecture.layers)
  const hiddenStates = options.hiddenStates ?? []
  checkLayers('hiddenStates', hiddenStates, architecture.layers)
  const absent = hiddenStates.find((layer) => !layers.includes(layer))
  if (absent !== undefined) refuse('hiddenStates', absent, 'layers that the graph runs')
  if (layers.length === 0) refuse('layers', '[]', 'at least one layer')
  return {
    form: options.form,
    isExact,
    isInPlace,
    grid,
    cache: options.cache ?? 'float16',
    isTree: options.tree ?? true,
    layers,
    isSkippable: options.skippable ?? false,
    hiddenStates,
    input: options.input ?? 'tokens',
    positions,
  }
}

function checkGrid({ valueBits, probabilityBits }: ExactGrid): void {
  for (const [name, bits] of Object.entries({ valueBits, probabilityBits })) {
    if (!Number.isSafeInteger(bits) || bits < 1 || bits > 16) refuse(`grid.${name}`, bits, 'an integer from 1 to 16')
  }
}

function checkForm(architecture: Architecture, { linear }: WeightForm): void {
  const sizes = linearSizes(architecture)
  for (const name of LINEAR_NAMES) {
    const form = linear[name]
    if (form.weights !== 'int8') continue
    const { hadamard, activation } = form
    const [inputs] = sizes[name]
    const isPower =
      hadamard === 0 || (Number.isSafeInteger(hadamard) && hadamard > 0 && (hadamard & (hadamard - 1)) === 0)
    if (!isPower || (hadamard > 0 && inputs % hadamard !== 0)) {
      refuse(`form.linear.${name}.hadamard`, hadamard, `0 or a power of two that divides ${inputs}`)
    }
    const steps = activation === 'row' ? [] : [activation].flat()
    const isPerLayer = Array.isArray(activation)
    if (
      steps.some((step) => !(step > 0 && step < Number.POSITIVE_INFINITY)) ||
      (isPerLayer && steps.length !== architecture.layers)
    ) {
      refuse(`form.linear.${name}.activation`, activation, "'row', a positive step, or one for each layer")
    }
  }
}

function checkLayers(name: string, layers: readonly number[], count: number): void {
  layers.forEach((layer, index) => {
    const isAscending = index === 0 || layer > (layers[index - 1] as number)
    if (!Number.isSafeInteger(layer) || layer < 0 || layer >= count || !isAscending) {
      refuse(name, `[${layers.join(', ')}]`, `ascending layer numbers from 0 to ${count - 1}`)
    }
  })
}

function refuse(option: string, value: unknown, expected: string): never {
  throw new ForetokenError('BAD_OPTION', `The graph option ${option} is ${String(value)}; expected ${expected}.`, {
    fix: `Change ${option}.`,
    details: { option, value },
  })
}
