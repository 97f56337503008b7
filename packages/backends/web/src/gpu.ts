/** What this package uses of WebGPU, whose types the DOM library does not have. */
export interface GpuBuffer {
  readonly size: number
  destroy(): void
}

export interface GpuDevice {
  readonly limits: Readonly<Record<string, number>>
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>
  readonly queue: {
    onSubmittedWorkDone(): Promise<undefined>
    submit(commands: readonly unknown[]): void
    writeBuffer(buffer: GpuBuffer, offset: number, data: Uint32Array): void
  }
  createBuffer(options: { readonly size: number; readonly usage: number }): GpuBuffer
  createShaderModule(options: { readonly code: string }): unknown
  createComputePipeline(options: {
    readonly layout: 'auto'
    readonly compute: { readonly module: unknown; readonly entryPoint: string }
  }): GpuPipeline
  createBindGroup(options: {
    readonly layout: unknown
    readonly entries: readonly { readonly binding: number; readonly resource: { readonly buffer: GpuBuffer } }[]
  }): unknown
  createCommandEncoder(): GpuEncoder
  destroy(): void
}

export interface GpuPipeline {
  getBindGroupLayout(index: number): unknown
}

export interface GpuEncoder {
  copyBufferToBuffer(from: GpuBuffer, fromOffset: number, to: GpuBuffer, toOffset: number, size: number): void
  beginComputePass(): {
    setPipeline(pipeline: GpuPipeline): void
    setBindGroup(index: number, group: unknown): void
    dispatchWorkgroups(count: number): void
    end(): void
  }
  finish(): unknown
}

export interface GpuAdapter {
  readonly features: ReadonlySet<string>
  readonly limits: Readonly<Record<string, number>>
  readonly info: { readonly subgroupMinSize?: number }
  requestDevice(options: {
    readonly requiredFeatures: readonly string[]
    readonly requiredLimits: Readonly<Record<string, number>>
  }): Promise<GpuDevice>
}

/** Bits of `usage`. */
export const USAGE = { copySource: 4, copyTarget: 8, storage: 128 } as const

/** The adapter of this browser, if it has one. */
export async function findAdapter(): Promise<GpuAdapter | null> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<GpuAdapter | null> } }
  return (await gpu?.requestAdapter()) ?? null
}

/** The runtime's attention over 32 rows and more is wrong in subgroups of 4, as software adapters have them (decision 0008). */
const SMALLEST_SUBGROUP = 8

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
]

/** A device of our own with all that the runtime can use of the adapter. */
export function openDevice(adapter: GpuAdapter): Promise<GpuDevice> {
  return adapter.requestDevice({
    requiredFeatures: [...adapter.features].filter(
      (feature) =>
        feature === 'shader-f16' ||
        (feature === 'subgroups' && (adapter.info.subgroupMinSize ?? 0) >= SMALLEST_SUBGROUP),
    ),
    requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name] as number])),
  })
}
