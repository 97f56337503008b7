import type { Architecture } from '@foretoken/graph'
import { badCheckpoint } from '../bad-checkpoint.ts'
import type { ByteSource } from '../bytes.ts'
import { type Metadata, metadataOf } from '../metadata.ts'
import { checkTensors } from '../required-tensors.ts'
import { checkRows, readRows, type StoredSource, type StoredTensor, shown } from '../stored-tensor.ts'
import { ggufArchitecture, ggufFamily } from './architecture.ts'
import { readGgufHeader } from './header.ts'
import { huggingFaceName } from './tensor-names.ts'

/** A GGUF file as a tensor source, with its metadata for tokenizer and licence. */
export interface GgufCheckpoint extends StoredSource {
  readonly metadata: Metadata
}

/**
 * Opens a GGUF checkpoint. Tensors carry Hugging Face names and order: the q and k rows that llama.cpp interleaves for
 * Llama files are put back, Gemma's norms lose the 1 that it adds. The source is closed with the checkpoint.
 * Throws `BAD_CHECKPOINT`, `UNSUPPORTED`.
 */
export async function openGguf(source: ByteSource): Promise<GgufCheckpoint> {
  const header = await readGgufHeader(source)
  const metadata = metadataOf(header.metadata)
  const { tensors, ropeDivisors } = await renamed(source, header.tensors, ggufFamily(metadata) === 'gemma3')
  const architecture = ggufArchitecture(metadata, {
    vocabularySize: tensors.get('model.embed_tokens.weight')?.shape[0] ?? 0,
    hasHead: tensors.has('lm_head.weight'),
    hasQkvBias: tensors.has('model.layers.0.self_attn.q_proj.bias'),
    ...(ropeDivisors ? { ropeDivisors } : {}),
  })
  checkTensors(architecture, tensors)
  const read = restoring(source, architecture, ggufFamily(metadata) === 'llama')
  return {
    architecture,
    metadata,
    tensors: new Map([...tensors].map(([name, tensor]) => [name, shown(tensor)])),
    async read(name, from, to) {
      const tensor = tensors.get(name)
      if (!tensor) throw badCheckpoint(`There is no tensor "${name}" in ${source.name}.`, { name })
      return read(name, tensor, from ?? 0, to ?? tensor.shape[0] ?? 1)
    },
    dispose: () => source.close(),
  }
}

async function renamed(
  source: ByteSource,
  stored: ReadonlyMap<string, StoredTensor>,
  gemma: boolean,
): Promise<{ tensors: Map<string, StoredTensor>; ropeDivisors?: Float32Array }> {
  const tensors = new Map<string, StoredTensor>()
  for (const tensor of stored.values()) {
    if (tensor.name === 'rope_freqs.weight') continue
    tensors.set(huggingFaceName(tensor.name, gemma ? 'sandwich' : 'pre') ?? tensor.name, tensor)
  }
  const divisors = stored.get('rope_freqs.weight')
  if (!divisors) return { tensors }
  return { tensors, ropeDivisors: await readRows(source, divisors, 0, divisors.shape[0] as number) }
}

type Read = (name: string, tensor: StoredTensor, from: number, to: number) => Promise<Float32Array>

/** Reads rows as Hugging Face has them. */
function restoring(source: ByteSource, architecture: Architecture, interleaved: boolean): Read {
  const { headDim, normOffset } = architecture
  return async (name, tensor, from, to) => {
    if (interleaved && /\.[qk]_proj\./.test(name)) return readInterleaved(source, tensor, headDim, from, to)
    const values = await readRows(source, tensor, from, to)
    if (normOffset && name.endsWith('norm.weight')) for (let i = 0; i < values.length; i++) values[i]! -= normOffset
    return values
  }
}

/**
 * llama.cpp rotates neighbours where Hugging Face rotates halves, and orders the rows of each head for it: its row
 * 2 i + j is Hugging Face's row j · headDim / 2 + i.
 */
async function readInterleaved(
  source: ByteSource,
  tensor: StoredTensor,
  headDim: number,
  from: number,
  to: number,
): Promise<Float32Array> {
  checkRows(tensor.name, tensor.shape[0] as number, from, to)
  const first = Math.floor(from / headDim) * headDim
  const last = Math.ceil(to / headDim) * headDim
  const stored = await readRows(source, tensor, first, last)
  const columns = stored.length / Math.max(1, last - first)
  const values = new Float32Array((to - from) * columns)
  for (let row = from; row < to; row++) {
    const inHead = row % headDim
    const half = inHead < headDim / 2 ? 0 : 1
    const at = row - inHead + 2 * (inHead - half * (headDim / 2)) + half - first
    values.set(stored.subarray(at * columns, (at + 1) * columns), (row - from) * columns)
  }
  return values
}
