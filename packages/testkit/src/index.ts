export { type BackendSuiteOptions, testBackend } from './backend-suite.ts'
export { type ChiSquare, chiSquare } from './chi-square.ts'
export { type DrafterSuiteOptions, testDrafter } from './drafter-suite.ts'
export {
  type ContextLaw,
  committedLaw,
  type DraftForm,
  everyDraft,
  type LawCase,
  lawDistance,
  lawRows,
  measuredAcceptance,
  plainLaw,
} from './exact-law.ts'
export { type ExactOutputOptions, exactOutput, referenceVerifier } from './exact-output.ts'
export { checkHonesty } from './honest-draft.ts'
export { type LawPair, lawPair, PAIR_FAMILIES, type PairFamily } from './law-pairs.ts'
export { type LeakCheck, leakChecked } from './leak-checked.ts'
export { type ProcessorSuiteOptions, testProcessor } from './processor-suite.ts'
export { lawOf, type RandomDrafterOptions, randomDrafter } from './random-drafter.ts'
export { type Runner, runSuite, type TestContext, type TestResult } from './runner.ts'
export { type SamplerSuiteOptions, testSampler } from './sampler-suite.ts'
export {
  nearbyTable,
  numbers,
  randomLaw,
  randomTokens,
  type ToyLogits,
  type ToyTableOptions,
  toyTable,
} from './toy-laws.ts'
export { type ToyModel, type ToyModelOptions, toyModel } from './toy-model.ts'
export { type KeyedUniform, lawOverUniforms, lawOverUniformsNow, type UniformCellsOptions } from './uniform-cells.ts'
export { randomContextLaw, testVerifier, type VerifierSuiteOptions } from './verifier-suite.ts'
