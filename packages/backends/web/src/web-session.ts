import { hasExactSignedIntegers, type MakeTensor, onnxModel, type PlacedModel } from '@foretoken/backend-onnx'
import { type ByteSource, PREPARED_FILES } from '@foretoken/checkpoint'
import type { BrowserModel } from '@foretoken/checkpoint/web'
import { ForetokenError } from '@foretoken/core'
import { type FileRange, paddedGraph, readDescription, readPadded, unsignedGraph } from '@foretoken/graph'
import { createSession, type Ort } from './create-session.ts'
import { deviceGraph, deviceModel, requireDevice } from './device-session.ts'
import type { SessionOptions } from './protocol.ts'
import { planThreads, type Runtime } from './runtime.ts'

interface Opened {
  readonly model: PlacedModel
  readonly runtime: Runtime
}

/** Loads an opened model in this worker. `onLost` is called when its device is gone. */
export async function openSession(
  model: BrowserModel,
  options: SessionOptions,
  onLost: (error: ForetokenError) => void,
): Promise<Opened> {
  return options.provider === 'webgpu' ? onWebgpu(model, options, onLost) : onWasm(model, options)
}

async function onWasm({ files }: BrowserModel, { threads, maximumRows }: SessionOptions): Promise<Opened> {
  const whole = await bytesOf(files, PREPARED_FILES.graph)
  const description = readDescription(whole)
  const padded = paddedGraph(whole, PREPARED_FILES.weights)
  const graph = padded?.model ?? whole
  const source = await sourceOf(files, PREPARED_FILES.weights)
  const weights = padded
    ? await readPadded(padded, (offset, length) => source.read(offset, length))
    : await source.read(0, source.byteLength)
  const place = { isIsolated: crossOriginIsolated, cores: navigator.hardwareConcurrency }
  const plan = planThreads(threads, weights.byteLength, place)
  const ort = quiet(await import('onnxruntime-web/wasm'), plan.threads)
  const makeTensor: MakeTensor = (type, data, dims) => new ort.Tensor(type, data as Float32Array, dims)
  const create = (model: Uint8Array, file?: Uint8Array) => createSession(ort, 'wasm', model, file)
  const isReadable = !description.quantized || (await hasExactSignedIntegers((probe) => create(probe), makeTensor))
  const session = await create(isReadable ? graph : unsigned(graph, weights), weights)
  const model = onnxModel({
    session,
    makeTensor,
    description,
    where: { provider: 'wasm', threads: plan.threads, thread: 'caller' },
    ...(maximumRows !== undefined && { maximumRows }),
  })
  return { model, runtime: { provider: 'wasm', ...plan } }
}

async function onWebgpu(
  { files, info }: BrowserModel,
  { maximumRows }: SessionOptions,
  onLost: (error: ForetokenError) => void,
): Promise<Opened> {
  const { device, hasHalf } = await requireDevice()
  const description = readDescription(await bytesOf(files, PREPARED_FILES.graph))
  const stored = await bytesOf(files, PREPARED_FILES.weights)
  const { graph, weights } = deviceGraph(info, description, stored, hasHalf)
  const ort = quiet(await import('onnxruntime-web/webgpu'), 1)
  const model = await deviceModel({ ort, device, graph, weights, maximumRows, onLost })
  return { model, runtime: { provider: 'webgpu', threads: 1 } }
}

function quiet(ort: Ort, threads: number): Ort {
  ort.env.wasm.numThreads = threads
  ort.env.logLevel = 'error'
  return ort
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

/** The graph in its unsigned form; `weights` are flipped in place. */
function unsigned(graph: Uint8Array, weights: Uint8Array): Uint8Array {
  const { model, flipped } = unsignedGraph(graph, PREPARED_FILES.weights)
  for (const { offset, byteLength } of flipped as readonly FileRange[]) {
    for (let i = offset; i < offset + byteLength; i++) weights[i] = (weights[i] as number) ^ 128
  }
  return model
}
