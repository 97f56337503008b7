import type { Feeds, OnnxTensor } from '@foretoken/backend-onnx'
import type { DeviceRowsOptions } from './device-rows.ts'
import { type GpuBuffer, type GpuEncoder, USAGE } from './gpu.ts'

/** The cache buffers of one or more states, [1, kvHeads, capacity, headDim] for keys and values of each layer. */
export interface DeviceStore {
  readonly capacity: number
  readonly buffers: readonly GpuBuffer[]
  /** Tensors over the buffers, as inputs and as outputs of a pass. */
  readonly feeds: Feeds
  readonly fetches: Feeds
  /** Moves the rows `length + path[i]` to `length + i`. */
  gather(length: number, path: Int32Array): void
  destroy(): void
}

/** Makes stores; all of them share one shader. */
export interface DeviceStores {
  /** A store with room for `needed` rows at least, filled with the first `length` rows of `origin`. */
  copy(origin: DeviceStore | undefined, length: number, needed: number): DeviceStore
}

const SMALLEST_CAPACITY = 128
const WORKGROUP = 64

export function deviceStores(options: DeviceRowsOptions): DeviceStores {
  const { device, description } = options
  const { kvHeads, headDim } = description.architecture
  const rowBytes = headDim * (description.cache === 'float16' ? 2 : 4)
  const gatherer = pathGatherer(options, rowBytes / 4)
  return {
    copy(origin, length, needed) {
      // Doubling keeps the number of shapes that the runtime plans for small.
      const wanted = Math.max(SMALLEST_CAPACITY, origin && needed > origin.capacity ? 2 * origin.capacity : 0)
      const capacity = Math.max(needed, Math.min(wanted, description.positions), origin?.capacity ?? 0)
      const store = newStore(options, gatherer, capacity, kvHeads * capacity * rowBytes)
      if (origin && length > 0) {
        const encoder = device.createCommandEncoder()
        copyRows(encoder, origin, store, { heads: kvHeads, bytes: length * rowBytes, rowBytes })
        device.queue.submit([encoder.finish()])
      }
      return store
    },
  }
}

/** The first `bytes` of each head. */
function copyRows(
  encoder: GpuEncoder,
  from: DeviceStore,
  to: DeviceStore,
  { heads, bytes, rowBytes }: { readonly heads: number; readonly bytes: number; readonly rowBytes: number },
): void {
  for (const [i, buffer] of from.buffers.entries()) {
    for (let head = 0; head < heads; head++) {
      const [source, target] = [head * from.capacity * rowBytes, head * to.capacity * rowBytes]
      encoder.copyBufferToBuffer(buffer, source, to.buffers[i] as GpuBuffer, target, bytes)
    }
  }
}

type Gatherer = ReturnType<typeof pathGatherer>

function newStore(options: DeviceRowsOptions, gatherer: Gatherer, capacity: number, size: number): DeviceStore {
  const { device, description, wrap } = options
  const { architecture, cache, layers } = description
  const usage = USAGE.storage | USAGE.copySource | USAGE.copyTarget
  const feeds: Record<string, OnnxTensor> = {}
  const fetches: Record<string, OnnxTensor> = {}
  const buffers: GpuBuffer[] = []
  for (const layer of layers) {
    for (const what of ['key', 'value']) {
      const buffer = device.createBuffer({ size, usage })
      const tensor = wrap(buffer, cache, [1, architecture.kvHeads, capacity, architecture.headDim])
      buffers.push(buffer)
      feeds[`past.${layer}.${what}`] = tensor
      fetches[`present.${layer}.${what}`] = tensor
    }
  }
  let groups: readonly unknown[] | undefined
  return {
    capacity,
    buffers,
    feeds,
    fetches,
    gather(length, path) {
      const moved = path.findIndex((row, i) => row !== i)
      if (moved < 0) return
      groups ??= buffers.map(gatherer.group)
      gatherer.run(groups, capacity, length, path, moved)
    },
    destroy: () => {
      for (const buffer of buffers) buffer.destroy()
    },
  }
}

/** One invocation moves one word of all rows in turn: targets never lie behind their sources, so none is overwritten too early. */
const GATHER = `
struct Plan { capacity: u32, length: u32, first: u32, count: u32, words: u32, columns: u32, path: array<u32> }
@group(0) @binding(0) var<storage, read_write> rows: array<u32>;
@group(0) @binding(1) var<storage, read> plan: Plan;
@compute @workgroup_size(${WORKGROUP})
fn gather(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= plan.columns) { return; }
  let base = (id.x / plan.words * plan.capacity + plan.length) * plan.words + id.x % plan.words;
  for (var i = plan.first; i < plan.count; i++) {
    rows[base + i * plan.words] = rows[base + plan.path[i] * plan.words];
  }
}`

/** @param words 32-bit words of a row of one head. */
function pathGatherer({ device, description, maximumRows }: DeviceRowsOptions, words: number) {
  const module = device.createShaderModule({ code: GATHER })
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'gather' } })
  const plan = new Uint32Array(6 + maximumRows)
  const buffer = device.createBuffer({ size: plan.byteLength, usage: USAGE.storage | USAGE.copyTarget })
  const columns = description.architecture.kvHeads * words
  return {
    group: (rows: GpuBuffer): unknown =>
      device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: [rows, buffer].map((each, binding) => ({ binding, resource: { buffer: each } })),
      }),
    run(groups: readonly unknown[], capacity: number, length: number, path: Int32Array, first: number): void {
      plan.set([capacity, length, first, path.length, words, columns])
      plan.set(path, 6)
      device.queue.writeBuffer(buffer, 0, plan)
      const encoder = device.createCommandEncoder()
      const pass = encoder.beginComputePass()
      pass.setPipeline(pipeline)
      for (const group of groups) {
        pass.setBindGroup(0, group)
        pass.dispatchWorkgroups(Math.ceil(columns / WORKGROUP))
      }
      pass.end()
      device.queue.submit([encoder.finish()])
    },
  }
}
