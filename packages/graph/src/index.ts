export {
  type Architecture,
  checkArchitecture,
  FAMILIES,
  type Family,
  headSize,
  layerType,
  type Rope,
  type RopeScaling,
} from './architecture.ts'
export { buildGraph } from './build-graph.ts'
export { DESCRIPTION_KEY, GRAPH_VERSION, type GraphDescription } from './capabilities.ts'
export { MASKED } from './context.ts'
export type { FileRange } from './external-data.ts'
export { DEFAULT_GRID, type ExactGrid, exactSlots, type GraphOptions } from './graph-options.ts'
export { type IntegerProbe, integerProbe } from './integer-probe.ts'
export { hadamard } from './linear.ts'
export { type PaddedGraph, type PaddedPart, paddedGraph, readPadded } from './padded-graph.ts'
export { readDescription } from './read-description.ts'
export { syntheticGraph } from './synthetic.ts'
export type { SourceTensor, TensorSource } from './tensor-source.ts'
export { type UnsignedGraph, unsignedGraph } from './unsigned-graph.ts'
export {
  blockSize,
  byteLength,
  FLOAT32_FORM,
  int8Form,
  LINEAR_NAMES,
  type LinearForm,
  type LinearName,
  linearSizes,
  qkvWidth,
  sharesEmbedding,
  type WeightForm,
  type WeightLocation,
  type WeightSpec,
  type WeightTable,
  type WeightType,
  weightPlan,
} from './weights.ts'
