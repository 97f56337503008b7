import type { CheckedStep } from './checks.ts'
import type { MakeTensor, OnnxTensor } from './session.ts'

/**
 * Tensors by name. A state keeps the same objects from pass to pass and sets what differs: with keys and values of every layer
 * among them, to list all anew takes longer than to draft.
 */
export type Bindings<Tensor = OnnxTensor> = Record<string, Tensor>

/** What the passes of one state read and give. */
export interface StateBindings {
  readonly feeds: Bindings
  /** Outputs by what is wanted; null where the runtime makes the memory. */
  readonly logits: Bindings<OnnxTensor | null>
  readonly argmax: Bindings<OnnxTensor | null>
}

interface Shared {
  readonly makeTensor: MakeTensor
  /** Names of the outputs that are handed over, by what is wanted. */
  readonly outputs: Readonly<Record<'logits' | 'argmax', readonly string[]>>
}

/** @param skip Which sub-layers the passes leave out; empty for graphs that leave out none. */
export function stateBindings({ makeTensor, outputs }: Shared, skip: Uint8Array): StateBindings {
  const unplaced = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, null]))
  return {
    feeds: skip.length > 0 ? { skip: makeTensor('bool', skip, [skip.length]) } : {},
    logits: unplaced(outputs.logits),
    argmax: unplaced(outputs.argmax),
  }
}

/** Sets the inputs of one step besides the cache, of which `length` rows are committed. */
export function bindStep(makeTensor: MakeTensor, length: number, step: CheckedStep, feeds: Bindings): void {
  const { tokens, depths, logitsFor } = step
  feeds.tokens = makeTensor('int32', tokens, [tokens.length])
  feeds.positions = makeTensor('int64', wide(depths, length), [tokens.length])
  feeds.logits_for = makeTensor('int64', wide(logitsFor, 0), [logitsFor.length])
}

/** `values`, none negative, plus `offset`. Like `narrow` without a BigInt for each. */
function wide(values: Int32Array, offset: number): BigInt64Array {
  const whole = new BigInt64Array(values.length)
  const halves = new Int32Array(whole.buffer)
  for (let i = 0; i < values.length; i++) halves[2 * i] = (values[i] as number) + offset
  return whole
}

/** The low halves, enough for token ids. */
export function narrow(whole: BigInt64Array): Int32Array {
  const halves = new Int32Array(whole.buffer, whole.byteOffset, 2 * whole.length)
  const values = new Int32Array(whole.length)
  for (let i = 0; i < values.length; i++) values[i] = halves[2 * i] as number
  return values
}
