export { acceptAll, type LossyVerifier } from './accept-all.ts'
export {
  type EntropySwitch,
  type EntropySwitchOptions,
  entropySwitch,
  manifest,
  type SwitchingDrafter,
  type Written,
} from './entropy-switch.ts'
