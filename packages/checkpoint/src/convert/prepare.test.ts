import type { Architecture, TensorSource } from '@foretoken/graph'
import { describe, expect, it } from 'vitest'
import { type ModelFacts, PREPARED_VERSION, type PreparedModel } from '../prepared.ts'
import { type PrepareOptions, prepare } from './prepare.ts'
import type { PreparedStore } from './store.ts'

const ARCHITECTURE: Architecture = {
  family: 'qwen2',
  vocabularySize: 40,
  width: 24,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 8,
  feedForward: 32,
  normEpsilon: 1e-5,
  contextLength: 64,
  rope: { theta: 10_000 },
  activation: 'silu',
  tiedHead: true,
  qkvBias: true,
  qkNorm: false,
  norms: 'pre',
  normOffset: 0,
}

const FACTS: ModelFacts = { id: 'tiny', source: [{ name: 'tiny.gguf', sha256: 'f00d' }], tokens: { stopTokens: [2] } }

/** Wavy weights of any shape; counts the largest read. */
function waves(architecture: Architecture): TensorSource & { readonly reads: number[] } {
  const { width, heads, kvHeads, headDim, feedForward, vocabularySize } = architecture
  const shapes: Record<string, number[]> = {
    embed_tokens: [vocabularySize, width],
    q_proj: [heads * headDim, width],
    k_proj: [kvHeads * headDim, width],
    v_proj: [kvHeads * headDim, width],
    o_proj: [width, heads * headDim],
    gate_proj: [feedForward, width],
    up_proj: [feedForward, width],
    down_proj: [width, feedForward],
  }
  const reads: number[] = []
  return {
    architecture,
    tensors: new Map(),
    reads,
    async read(name, from = 0, to) {
      const [kind, what] = name.split('.').slice(-2) as [string, string]
      const [rows, columns] =
        what === 'bias' ? [shapes[kind]![0]!, 1] : [shapes[kind]?.[0] ?? width, shapes[kind]?.[1] ?? 1]
      reads.push(((to ?? rows) - from) * columns)
      const seed = [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 1000
      return Float32Array.from(
        { length: ((to ?? rows) - from) * columns },
        (_, i) => ((seed + (from * columns + i) ** 2) % 61) / 30 - 1,
      )
    },
    async dispose() {},
  }
}

interface Written extends PreparedStore {
  readonly files: Map<string, Uint8Array>
  readonly open: Set<string>
}

function memoryStore(): Written {
  const files = new Map<string, Uint8Array>()
  const open = new Set<string>()
  return {
    files,
    open,
    async create(name) {
      const parts: Uint8Array[] = []
      open.add(name)
      return {
        async append(bytes) {
          parts.push(bytes.slice())
        },
        async close() {
          open.delete(name)
          files.set(name, joined(parts))
        },
      }
    },
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0))
  parts.reduce((at, bytes) => {
    out.set(bytes, at)
    return at + bytes.byteLength
  }, 0)
  return out
}

async function prepared(options?: PrepareOptions): Promise<{ store: Written; info: PreparedModel }> {
  const store = memoryStore()
  return { store, info: await prepare(waves(ARCHITECTURE), store, FACTS, options) }
}

describe('a prepared model', () => {
  it('is weights, a graph and their description', async () => {
    const { store, info } = await prepared()
    expect([...store.files.keys()].sort()).toEqual(['graph.onnx', 'model.json', 'weights.bin'])
    expect(store.open.size).toBe(0)
    expect(JSON.parse(new TextDecoder().decode(store.files.get('model.json')))).toEqual(info)
    expect(info).toMatchObject({
      ...FACTS,
      formatVersion: PREPARED_VERSION,
      quantization: 'int8-rotated',
      architecture: ARCHITECTURE,
    })
    expect(info.valueSteps.map((steps) => steps.length)).toEqual([2, 2])
  })

  it('has aligned tensors, one after the other, up to the end of the file', async () => {
    const { store, info } = await prepared()
    let end = 0
    for (const { offset, byteLength } of info.tensors) {
      expect(offset % 4096).toBe(0)
      expect(offset).toBe(Math.ceil(end / 4096) * 4096)
      end = offset + byteLength
    }
    expect(store.files.get('weights.bin')?.byteLength).toBe(end)
  })

  it('is the same, byte for byte, every time', async () => {
    const [first, second, other] = [await prepared(), await prepared(), await prepared({ seed: 1 })]
    expect(second.store.files).toEqual(first.store.files)
    expect(other.store.files.get('weights.bin')).not.toEqual(first.store.files.get('weights.bin'))
  })

  it('reports progress up to the end', async () => {
    const seen: number[][] = []
    const { store } = await prepared({ onProgress: (done, total) => seen.push([done, total]) })
    const total = store.files.get('weights.bin')?.byteLength
    expect(seen.at(-1)).toEqual([total, total])
    expect(seen.map(([done]) => done)).toEqual([...seen.map(([done]) => done)].sort((a, b) => a! - b!))
  })
})

it('reads large matrices in blocks', async () => {
  const large = { ...ARCHITECTURE, vocabularySize: 40_000, width: 64, layers: 1 }
  const source = waves(large)
  await prepare(source, memoryStore(), FACTS)
  expect(Math.max(...source.reads)).toBeLessThanOrEqual(2 ** 21)
})

it('refuses options it does not know', async () => {
  const options = { wieghts: 'int8' } as unknown as PrepareOptions
  await expect(prepared(options)).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining('wieghts'),
  })
  await expect(prepared({ weights: 'int4' as 'int8' })).rejects.toMatchObject({ code: 'BAD_OPTION' })
  await expect(prepared({ seed: -1 })).rejects.toMatchObject({ code: 'BAD_OPTION' })
})

it('stops when asked to', async () => {
  const controller = new AbortController()
  const converting = prepared({ signal: controller.signal, onProgress: () => controller.abort() })
  await expect(converting).rejects.toMatchObject({ code: 'ABORTED' })
})

it('refuses tensors of another size than the architecture says', async () => {
  const source = waves({ ...ARCHITECTURE, vocabularySize: 41 })
  const lying = { ...source, architecture: ARCHITECTURE, read: (name: string) => source.read(name) }
  await expect(prepare(lying, memoryStore(), FACTS)).rejects.toMatchObject({ code: 'BAD_CHECKPOINT' })
})
