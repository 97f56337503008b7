export {
  type Architecture,
  checkArchitecture,
  FAMILIES,
  type Family,
  layerType,
  type Rope,
  type RopeScaling,
} from './architecture.ts'
export type { SourceTensor, TensorSource } from './tensor-source.ts'
export {
  byteLength,
  FLOAT32_FORM,
  int8Form,
  LINEAR_NAMES,
  type LinearForm,
  type LinearName,
  qkvWidth,
  sharesEmbedding,
  type WeightForm,
  type WeightLocation,
  type WeightSpec,
  type WeightTable,
  type WeightType,
  weightPlan,
} from './weights.ts'
