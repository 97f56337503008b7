import { HALF, PREPARED_FILES, type PreparedModel } from '@foretoken/checkpoint'
import {
  type Architecture,
  byteLength,
  type LinearForm,
  type LinearName,
  linearSizes,
  type WeightForm,
  type WeightTable,
  weightPlan,
} from '@foretoken/graph'
import { type BlockForm, type Orders, packBlocks } from './blocks.ts'

/** Weights as a graph on a graphics device reads them. */
export interface DeviceWeights {
  readonly form: WeightForm
  readonly table: WeightTable
  /** What the table points into. */
  readonly bytes: Uint8Array
}

/**
 * Prepared weights for a graphics device: query heads kv-major, as its attention wants them, and int8 matrices in blocks, for which it
 * has kernels.
 * @param bytes `weights.bin`; reordered in place where nothing else changes.
 * @param hasHalf Whether the device computes float16; else what is stored so becomes float32.
 */
export function deviceWeights(info: PreparedModel, bytes: Uint8Array, hasHalf: boolean): DeviceWeights {
  const { architecture } = info
  const form = deviceForm(info.form, hasHalf)
  const stored = new Map(info.tensors.map((tensor) => [tensor.name, tensor]))
  const source = (name: string): Uint8Array => {
    const { offset, byteLength } = stored.get(name) as PreparedModel['tensors'][number]
    return bytes.subarray(offset, offset + byteLength)
  }
  const isSame = info.tensors.every(({ dtype }) => dtype === 'float32')
  const places = isSame ? info.tensors : place(architecture, form)
  const out = isSame ? bytes : new Uint8Array(endOf(places))
  const table = new Map(places.map((each) => [each.name, { file: PREPARED_FILES.weights, ...range(each) }]))
  const target = (name: string): Uint8Array => {
    const { offset, byteLength } = table.get(name) as Range
    return out.subarray(offset, offset + byteLength)
  }
  for (const { name } of places) {
    const kind = linearKind(name)
    const linear = kind && form.linear[kind]
    if (kind && linear?.weights === 'blocks') {
      if (name.endsWith('.scale')) continue
      const { hadamard } = info.form.linear[kind] as Int8Form
      const given = { matrix: bytesAsInt8(source(name)), scale: floats(source(`${name}.scale`)), hadamard }
      packBlocks(given, ordersOf(architecture, kind), target(name), floats(target(`${name}.scale`)))
    } else {
      if (!isSame) put(target(name), source(name))
      if (kind) reorder(architecture, kind, name, floats(target(name)))
    }
  }
  return { form, table, bytes: out }
}

type Int8Form = Extract<LinearForm, { weights: 'int8' }>

interface Range {
  readonly offset: number
  readonly byteLength: number
}

const range = ({ offset, byteLength }: Range): Range => ({ offset, byteLength })

const ALIGNMENT = 256

function place(architecture: Architecture, form: WeightForm): ({ readonly name: string } & Range)[] {
  let end = 0
  return weightPlan(architecture, form).map((spec) => {
    const each = { name: spec.name, offset: end, byteLength: byteLength(spec) }
    end = Math.ceil((end + each.byteLength) / ALIGNMENT) * ALIGNMENT
    return each
  })
}

function endOf(places: readonly Range[]): number {
  const last = places.at(-1)
  return last ? last.offset + last.byteLength : 0
}

/** The stored form with the kernels that a device has; activations stay float. */
function deviceForm(form: WeightForm, hasHalf: boolean): WeightForm {
  const linear = Object.entries(form.linear).map(([name, each]) => {
    if (each.weights !== 'int8') return [name, each]
    const blocks: BlockForm = { weights: 'blocks', bits: 8 }
    return [name, blocks]
  })
  return {
    ...form,
    embedding: hasHalf ? form.embedding : 'float32',
    linear: Object.fromEntries(linear) as WeightForm['linear'],
  }
}

/** The kind of linear layer to which a tensor belongs, if any: `layers.3.qkv`, `layers.3.qkv.bias`, `head`. */
function linearKind(name: string): LinearName | undefined {
  return /^(?:layers\.\d+\.)?(qkv|output|gate_up|down|head)(?:\.|$)/.exec(name)?.[1] as LinearName | undefined
}

function ordersOf(architecture: Architecture, kind: LinearName): Orders {
  const [inputs, outputs] = linearSizes(architecture)[kind].map((count) =>
    Int32Array.from({ length: count }, (_, i) => i),
  ) as [Int32Array, Int32Array]
  if (kind === 'qkv') moveHeads(architecture, outputs)
  if (kind === 'output') moveHeads(architecture, inputs)
  return { inputs, outputs }
}

/** Prepared head `g * kvHeads + k` becomes head `k * groups + g`. */
function moveHeads({ heads, kvHeads, headDim }: Architecture, order: Int32Array): void {
  const groups = heads / kvHeads
  for (let i = 0; i < heads * headDim; i++) {
    const head = Math.floor(i / headDim)
    order[i] = ((head % kvHeads) * groups + Math.floor(head / kvHeads)) * headDim + (i % headDim)
  }
}

/** Reorders the inputs and outputs of a float matrix, [inputs, outputs], or the outputs of a bias, in place. */
function reorder(architecture: Architecture, kind: LinearName, name: string, values: Float32Array): void {
  if (kind !== 'qkv' && kind !== 'output') return
  const { inputs, outputs } = ordersOf(architecture, kind)
  const width = outputs.length
  const old = kind === 'output' ? values.slice() : new Float32Array(width)
  for (let row = 0; row < values.length / width; row++) {
    if (kind === 'output' && !name.endsWith('.bias')) {
      values.set(old.subarray(row * width, (row + 1) * width), (inputs[row] as number) * width)
    } else {
      old.set(values.subarray(row * width, (row + 1) * width))
      for (let i = 0; i < width; i++) values[row * width + (outputs[i] as number)] = old[i] as number
    }
  }
}

const floats = ({ buffer, byteOffset, byteLength }: Uint8Array) => new Float32Array(buffer, byteOffset, byteLength / 4)

const bytesAsInt8 = ({ buffer, byteOffset, byteLength }: Uint8Array) => new Int8Array(buffer, byteOffset, byteLength)

/** Copies; float16 becomes float32 where twice the bytes are there. */
function put(target: Uint8Array, source: Uint8Array): void {
  if (target.byteLength === source.byteLength) {
    target.set(source)
    return
  }
  const values = floats(target)
  const bits = new Uint16Array(source.buffer, source.byteOffset, source.byteLength / 2)
  for (let i = 0; i < bits.length; i++) values[i] = HALF[bits[i] as number] as number
}
