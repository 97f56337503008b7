import {
  hasExactSignedIntegers,
  type MakeTensor,
  type OnnxSession,
  onnxModel,
  type PlacedModel,
} from '@foretoken/backend-onnx'
import { type ByteSource, PREPARED_FILES } from '@foretoken/checkpoint'
import type { BrowserModel } from '@foretoken/checkpoint/web'
import { ForetokenError } from '@foretoken/core'
import {
  type FileRange,
  type GraphDescription,
  paddedGraph,
  readDescription,
  readPadded,
  unsignedGraph,
} from '@foretoken/graph'
import type { InferenceSession } from 'onnxruntime-web'
import type { SessionOptions } from './protocol.ts'
import { planThreads, type Runtime } from './runtime.ts'

type Ort = Pick<typeof import('onnxruntime-web'), 'InferenceSession' | 'Tensor' | 'env'>

/** Loads an opened model in this worker. `onLost` is called when its device is gone. */
export async function openSession(
  { files }: BrowserModel,
  options: SessionOptions,
  onLost: (error: ForetokenError) => void,
): Promise<{ readonly model: PlacedModel; readonly runtime: Runtime }> {
  const { provider = 'wasm', maximumRows } = options
  const whole = await bytesOf(files, PREPARED_FILES.graph)
  const description = readDescription(whole)
  const padded = provider === 'wasm' ? paddedGraph(whole, PREPARED_FILES.weights) : null
  const graph = padded?.model ?? whole
  const source = await sourceOf(files, PREPARED_FILES.weights)
  const weights = padded
    ? await readPadded(padded, (offset, length) => source.read(offset, length))
    : await source.read(0, source.byteLength)
  const place = { isIsolated: crossOriginIsolated, cores: navigator.hardwareConcurrency }
  const plan = provider === 'wasm' ? planThreads(options.threads, weights.byteLength, place) : { threads: 1 }
  const ort: Ort = provider === 'wasm' ? await import('onnxruntime-web/wasm') : await webgpu(description)
  ort.env.wasm.numThreads = plan.threads
  ort.env.logLevel = 'error'
  const makeTensor: MakeTensor = (type, data, dims) => new ort.Tensor(type, data as Float32Array, dims)
  const create = (model: Uint8Array, file?: Uint8Array) => createSession(ort, provider, model, file)
  const isReadable = !description.quantized || (await hasExactSignedIntegers((probe) => create(probe), makeTensor))
  const model = isReadable ? graph : unsigned(graph, weights)
  const session = await create(model, weights)
  if (provider === 'webgpu') watch(ort, onLost)
  return {
    model: onnxModel({
      session,
      makeTensor,
      description,
      where: { provider, threads: plan.threads, thread: 'caller' },
      ...(maximumRows !== undefined && { maximumRows }),
    }),
    runtime: { provider, ...plan },
  }
}

async function bytesOf(files: BrowserModel['files'], name: string): Promise<Uint8Array> {
  const source = await sourceOf(files, name)
  return source.read(0, source.byteLength)
}

async function sourceOf(files: BrowserModel['files'], name: string): Promise<ByteSource> {
  const source = await files.open(name)
  if (source) return source
  throw new ForetokenError('NOT_FOUND', `${files.name} holds no ${name}.`, {
    fix: 'Give a folder with a prepared model.',
  })
}

async function createSession(
  ort: Ort,
  provider: 'wasm' | 'webgpu',
  model: Uint8Array,
  weights: Uint8Array | undefined,
): Promise<OnnxSession> {
  const settings: InferenceSession.SessionOptions = {
    executionProviders: [provider],
    // The graph is written in the fused form already; rewriting it could change the order of sums.
    graphOptimizationLevel: 'disabled',
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

/** The graph in its unsigned form; `weights` are flipped in place. */
function unsigned(graph: Uint8Array, weights: Uint8Array): Uint8Array {
  const { model, flipped } = unsignedGraph(graph, PREPARED_FILES.weights)
  for (const { offset, byteLength } of flipped as readonly FileRange[]) {
    for (let i = offset; i < offset + byteLength; i++) weights[i] = (weights[i] as number) ^ 128
  }
  return model
}

/**
 * The runtime with WebGPU. Throws `UNSUPPORTED` where there is no adapter, or none that computes the float16 in which graphs of
 * integers keep embedding and cache.
 */
async function webgpu(description: GraphDescription): Promise<Ort> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<{ features: ReadonlySet<string> } | null> } }
  const adapter = await gpu?.requestAdapter()
  if (!adapter) {
    throw new ForetokenError('UNSUPPORTED', 'This browser offers no WebGPU adapter; one was expected.', {
      fix: "Use provider: 'wasm', or a browser and a graphics driver with WebGPU.",
    })
  }
  if (description.quantized && !adapter.features.has('shader-f16')) {
    throw new ForetokenError('UNSUPPORTED', 'The WebGPU adapter computes no float16; shader-f16 was expected.', {
      fix: "Load the model with weights: 'float32', or use provider: 'wasm'.",
    })
  }
  return import('onnxruntime-web/webgpu')
}

function watch(ort: Ort, onLost: (error: ForetokenError) => void): void {
  const device = ort.env.webgpu.device as unknown as Promise<{ lost: Promise<{ message: string }> }>
  void Promise.resolve(device)
    .then(({ lost }) => lost)
    .then(({ message }) =>
      onLost(
        new ForetokenError('BACKEND_FAILED', `The graphics device was lost: ${message || 'no reason was given'}.`, {
          fix: 'Load the model again.',
        }),
      ),
    )
}
