import {
  DEFAULT_MAXIMUM_ROWS,
  type MakeTensor,
  type OnnxSession,
  onnxModel,
  type PlacedModel,
} from '@foretoken/backend-onnx'
import type { PreparedModel } from '@foretoken/checkpoint'
import { ForetokenError } from '@foretoken/core'
import { buildGraph, type GraphDescription, readDescription } from '@foretoken/graph'
import type { InferenceSession } from 'onnxruntime-web'
import { createSession, type Ort } from './create-session.ts'
import { deviceRows } from './device-rows.ts'
import { deviceWeights } from './device-weights.ts'
import { findAdapter, type GpuBuffer, type GpuDevice, openDevice } from './gpu.ts'

export interface DeviceModelOptions {
  readonly ort: Ort
  /** Owned by the model from now on and destroyed with its last fork. */
  readonly device: GpuDevice
  /** A graph with attention in place. */
  readonly graph: Uint8Array
  readonly weights?: Uint8Array
  readonly maximumRows?: number | undefined
  /** Called when the device is gone before the model is. */
  readonly onLost?: (error: ForetokenError) => void
}

/** A device for a model. Throws `UNSUPPORTED` where the browser has no WebGPU adapter. */
export async function requireDevice(): Promise<{ readonly device: GpuDevice; readonly hasHalf: boolean }> {
  const adapter = await findAdapter()
  if (!adapter) {
    throw new ForetokenError('UNSUPPORTED', 'This browser offers no WebGPU adapter; one was expected.', {
      fix: "Use provider: 'wasm', or a browser and a graphics driver with WebGPU.",
    })
  }
  return { device: await openDevice(adapter), hasHalf: adapter.features.has('shader-f16') }
}

/** The graph and weights for a device of a prepared model, whose stored graph `description` describes. */
export function deviceGraph(
  info: PreparedModel,
  { layers, hiddenStates, tree, positions }: GraphDescription,
  stored: Uint8Array,
  hasHalf: boolean,
): { readonly graph: Uint8Array; readonly weights: Uint8Array } {
  const { form, table, bytes } = deviceWeights(info, stored, hasHalf)
  const cache = hasHalf ? 'float16' : 'float32'
  const options = { form, layers, hiddenStates, tree, positions, attention: 'in-place', cache } as const
  return { graph: buildGraph(info.architecture, options, table), weights: bytes }
}

/** A model whose weights and cache are on a device. */
export async function deviceModel(options: DeviceModelOptions): Promise<PlacedModel> {
  const { ort, device, graph, weights, maximumRows = DEFAULT_MAXIMUM_ROWS } = options
  const description = readDescription(graph)
  const provider = { name: 'webgpu', device } as unknown as InferenceSession.WebGpuExecutionProviderOption
  const session = await createSession(ort, provider, graph, weights)
  const makeTensor: MakeTensor = (type, data, dims) => new ort.Tensor(type, data as Float32Array, dims)
  const wrap = (buffer: GpuBuffer, dataType: 'float32' | 'float16', dims: readonly number[]) =>
    ort.Tensor.fromGpuBuffer(buffer as never, { dataType, dims: [...dims] })
  return onnxModel({
    session: onDevice(session, device, options.onLost),
    makeTensor,
    description,
    maximumRows,
    where: { provider: 'webgpu', threads: 1, thread: 'caller' },
    rows: deviceRows({ device, description, maximumRows, makeTensor, wrap }),
  })
}

/** The session until its device is lost: the pass under way fails then, and none begins after it. */
function onDevice(session: OnnxSession, device: GpuDevice, onLost?: (error: ForetokenError) => void): OnnxSession {
  let isReleased = false
  let failure: ForetokenError | undefined
  const lost = device.lost.then(({ message }) => {
    failure = new ForetokenError(
      'BACKEND_FAILED',
      `The graphics device was lost: ${message || 'no reason was given'}.`,
      {
        fix: 'Load the model again.',
      },
    )
    if (!isReleased) onLost?.(failure)
  })
  return {
    async run(feeds, outputs) {
      if (failure) throw failure
      try {
        return await session.run(feeds, outputs)
      } catch (error) {
        // The runtime hears that a device is gone before it says so itself.
        await Promise.race([lost, device.queue.onSubmittedWorkDone().catch(() => undefined)])
        throw failure ?? error
      }
    },
    async release() {
      isReleased = true
      await session.release()
      device.destroy()
    },
  }
}
