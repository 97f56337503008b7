import { integerProbe } from '@foretoken/graph'
import type { MakeTensor, OnnxSession, OnnxTensor } from './session.ts'

/**
 * Whether this machine's sums of unsigned times signed bytes are exact. Where they are not, graphs must be loaded in their
 * unsigned form (`unsignedGraph`).
 */
export async function hasExactSignedIntegers(
  create: (model: Uint8Array) => Promise<OnnxSession>,
  makeTensor: MakeTensor,
): Promise<boolean> {
  const { model, x, dims, expected } = integerProbe()
  const session = await create(model)
  try {
    const outputs = await session.run({ x: makeTensor('float32', x, dims) }, ['y'])
    const sums = (outputs.y as OnnxTensor).data as Float32Array
    return sums.every((sum) => sum === expected)
  } finally {
    await session.release()
  }
}
