export { type BackendSuiteOptions, testBackend } from './backend-suite.ts'
export { type LeakCheck, leakChecked } from './leak-checked.ts'
export { type Runner, runSuite, type TestContext, type TestResult } from './runner.ts'
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
