import type { OnnxSession } from '@foretoken/backend-onnx'
import { PREPARED_FILES } from '@foretoken/checkpoint'
import { ForetokenError } from '@foretoken/core'
import type { InferenceSession } from 'onnxruntime-web'

/** The runtime, in either of its builds. */
export type Ort = Pick<typeof import('onnxruntime-web'), 'InferenceSession' | 'Tensor' | 'env'>

/** A session over a graph whose weights are in `weights` or inside. */
export async function createSession(
  ort: Ort,
  provider: InferenceSession.ExecutionProviderConfig,
  model: Uint8Array,
  weights: Uint8Array | undefined,
): Promise<OnnxSession> {
  const settings: InferenceSession.SessionOptions = {
    executionProviders: [provider],
    // The graph is written in the fused form already; rewriting it could change the order of sums.
    graphOptimizationLevel: 'disabled',
    // Which nodes a provider leaves to the processor is no news.
    logSeverityLevel: 3,
    ...(weights && { externalData: [{ path: PREPARED_FILES.weights, data: weights }] }),
  }
  try {
    return (await ort.InferenceSession.create(model, settings)) as unknown as OnnxSession
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ForetokenError('BACKEND_FAILED', `ONNX Runtime could not load the graph: ${reason}.`, {
      fix: 'If memory ran out, close other tabs or choose a smaller model; else remove the model and open it again.',
      cause,
    })
  }
}
