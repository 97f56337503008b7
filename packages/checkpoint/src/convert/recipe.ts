import {
  type Architecture,
  type ExactGrid,
  FLOAT32_FORM,
  type GraphOptions,
  int8Form,
  type WeightForm,
} from '@foretoken/graph'
import type { Quantization } from '../prepared.ts'
import { hadamardSize } from './hadamard.ts'

/** How a checkpoint's tensors become prepared ones. */
export interface Recipe {
  readonly quantization: Quantization
  readonly form: WeightForm
  /** Integer grids of exact attention. */
  readonly grid: ExactGrid
  /** How the graph attends and what it caches. */
  readonly graph: Pick<GraphOptions, 'attention' | 'cache'>
  /** Seed of the residual stream's rotation; none where it stays as it is. Needs folded norms. */
  readonly rotationSeed?: number
  /** Block size of the Hadamard folded into v and the output projection; 1 for none. */
  readonly valueHadamard: number
}

export interface RecipeOptions {
  /** Default `int8`. */
  readonly weights?: 'int8' | 'float32'
  /** Decides the signs of the rotation. Default 0. */
  readonly seed?: number
}

/**
 * At 2,000 tokens of context coarser attention weights cost more than coarser values: on SmolLM2-135M these bits cost no
 * divergence from float attention (12 and 12: 8 %), and they serve 8,192 positions.
 */
const GRID: ExactGrid = { valueBits: 11, probabilityBits: 13 }

/**
 * Largest block Hadamard that the graph computes before a quantized input. Larger ones before `down` lower the divergence by a
 * tenth and cost more at each step.
 */
const BLOCK_LIMIT = 32

export function recipeFor(architecture: Architecture, options: RecipeOptions = {}): Recipe {
  if (options.weights === 'float32') return FLOAT32_RECIPE
  const form = int8Form({ hadamard: blockSize(architecture.feedForward) })
  const recipe = { form, grid: GRID, graph: {}, valueHadamard: hadamardSize(architecture.headDim) }
  if (architecture.norms === 'pre') {
    return { ...recipe, quantization: 'int8-rotated', rotationSeed: options.seed ?? 0 }
  }
  // A norm after each branch keeps the residual stream from rotating: its readers rotate their inputs in blocks instead.
  // On SmolLM2-135M, treated alike, that gives a divergence of 0.009, against 0.007 rotated and 0.071 with neither.
  const hadamard = blockSize(architecture.width)
  const { qkv, gate_up, head } = form.linear
  const linear = {
    ...form.linear,
    qkv: { ...qkv, hadamard },
    gate_up: { ...gate_up, hadamard },
    head: { ...head, hadamard },
  }
  return { ...recipe, quantization: 'int8-hadamard', form: { ...form, linear } }
}

const FLOAT32_RECIPE: Recipe = {
  quantization: 'float32',
  form: FLOAT32_FORM,
  grid: GRID,
  graph: { attention: 'float', cache: 'float32' },
  valueHadamard: 1,
}

/** 0 where no block fits. */
function blockSize(width: number): number {
  const size = hadamardSize(width, BLOCK_LIMIT)
  return size === 1 ? 0 : size
}
