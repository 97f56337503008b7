import { mkdir, open, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadModel } from '@foretoken/backend-node'
import { openSafetensors, PREPARED_FILES, prepare } from '@foretoken/checkpoint'
import { folderFiles, folderStore } from '@foretoken/checkpoint/node'
import { argmax, philox } from '@foretoken/core'
import { type CommonOptions, type Findings, say } from './report.ts'
import { table } from './table.ts'

/**
 * Converts and runs a checkpoint of gigabytes: random bfloat16 weights of a Llama with the vocabulary of Llama 3, in one
 * safetensors file, so that offsets pass 2^31 and no ONNX file could hold the weights.
 */
export interface LargeOptions extends CommonOptions {
  /** A folder to create and to remove afterwards; needs room for twice the checkpoint. */
  readonly folder: string
  /** Size of the checkpoint. */
  readonly gigabytes: number
}

interface LargeResult {
  readonly parameters: number
  readonly checkpointBytes: number
  readonly preparedBytes: number
  readonly convertSeconds: number
  readonly loadSeconds: number
  readonly prefillTokensPerSecond: number
  readonly decodeTokensPerSecond: number
  /** Peak resident memory after conversion and at the end, in bytes. */
  readonly convertMemory: number
  readonly peakMemory: number
}

const WIDTH = 2048
const VOCABULARY = 128_256
const HEADS = 32
const KV_HEADS = 8
const HEAD_DIM = 64
const FEED_FORWARD = 8192
const BYTES = 2
const PROMPT = 64
const NEW_TOKENS = 16

export async function large({ folder, gigabytes }: LargeOptions): Promise<Findings> {
  await mkdir(folder)
  try {
    const checkpoint = join(folder, 'checkpoint')
    const prepared = join(folder, 'prepared')
    await Promise.all([mkdir(checkpoint), mkdir(prepared)])
    const layers = layersFor(gigabytes)
    say(`Writing a checkpoint of ${gigabytes} GB`)
    const checkpointBytes = await writeCheckpoint(checkpoint, tensorShapes(layers), layers)
    say('Converting')
    const converted = await convert(checkpoint, prepared)
    await rm(checkpoint, { recursive: true })
    say('Running')
    const results = {
      parameters: checkpointBytes / BYTES,
      checkpointBytes,
      ...converted,
      ...(await generate(prepared)),
    }
    return {
      settings: { gigabytes, layers, prompt: PROMPT, tokens: NEW_TOKENS },
      results: { ...results },
      text: largeText(results),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function largeText(results: LargeResult): string {
  return table(
    [{ title: 'random Llama' }, { title: 'value', digits: 2 }, { title: 'unit' }],
    [
      ['parameters', results.parameters / 1e9, '10^9'],
      ['checkpoint', results.checkpointBytes / 1e9, 'GB'],
      ['prepared weights', results.preparedBytes / 1e9, 'GB'],
      ['conversion', results.convertSeconds, 's'],
      ['peak memory of conversion', results.convertMemory / 1e9, 'GB'],
      ['load', results.loadSeconds, 's'],
      ['prefill', results.prefillTokensPerSecond, 'tokens/s'],
      ['decoding', results.decodeTokensPerSecond, 'tokens/s'],
      ['peak memory', results.peakMemory / 1e9, 'GB'],
    ],
  )
}

type Shapes = ReadonlyMap<string, readonly [number, number?]>

function layerShapes(layer: number): [string, readonly [number, number?]][] {
  const prefix = `model.layers.${layer}.`
  return [
    [`${prefix}input_layernorm.weight`, [WIDTH]],
    [`${prefix}self_attn.q_proj.weight`, [HEADS * HEAD_DIM, WIDTH]],
    [`${prefix}self_attn.k_proj.weight`, [KV_HEADS * HEAD_DIM, WIDTH]],
    [`${prefix}self_attn.v_proj.weight`, [KV_HEADS * HEAD_DIM, WIDTH]],
    [`${prefix}self_attn.o_proj.weight`, [WIDTH, HEADS * HEAD_DIM]],
    [`${prefix}post_attention_layernorm.weight`, [WIDTH]],
    [`${prefix}mlp.gate_proj.weight`, [FEED_FORWARD, WIDTH]],
    [`${prefix}mlp.up_proj.weight`, [FEED_FORWARD, WIDTH]],
    [`${prefix}mlp.down_proj.weight`, [WIDTH, FEED_FORWARD]],
  ]
}

function tensorShapes(layers: number): Shapes {
  return new Map([
    ['model.embed_tokens.weight', [VOCABULARY, WIDTH]],
    ...Array.from({ length: layers }, (_, layer) => layerShapes(layer)).flat(),
    ['model.norm.weight', [WIDTH]],
  ])
}

const bytesOf = ([rows, columns = 1]: readonly [number, number?]): number => rows * columns * BYTES

function layersFor(gigabytes: number): number {
  const layer = layerShapes(0).reduce((sum, [, shape]) => sum + bytesOf(shape), 0)
  return Math.max(1, Math.ceil((gigabytes * 1e9 - VOCABULARY * WIDTH * BYTES) / layer))
}

async function writeCheckpoint(folder: string, shapes: Shapes, layers: number): Promise<number> {
  await writeFile(join(folder, 'config.json'), JSON.stringify(configuration(layers)))
  let end = 0
  const entries = [...shapes].map(([name, shape]) => {
    const start = end
    end += bytesOf(shape)
    return [name, { dtype: 'BF16', shape, data_offsets: [start, end] }] as const
  })
  const text = JSON.stringify(Object.fromEntries(entries))
  const header = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8))
  const file = await open(join(folder, 'model.safetensors'), 'wx')
  try {
    await file.write(new BigUint64Array([BigInt(header.length)]))
    await file.write(header)
    const [weights, ones] = [noise(), new Uint16Array(WIDTH).fill(0x3f80)]
    for (const [name, shape] of shapes) {
      const pattern = new Uint8Array(name.endsWith('norm.weight') ? ones.buffer : weights.buffer)
      for (let left = bytesOf(shape); left > 0; left -= pattern.length) {
        await file.write(pattern.subarray(0, Math.min(left, pattern.length)))
      }
    }
  } finally {
    await file.close()
  }
  return end
}

/** 8 MiB less one row of bfloat16 values, uniform with a deviation of 1 / √width; its length keeps neighbouring matrices unlike. */
function noise(): Uint16Array {
  const out = new Uint16Array(2 ** 22 - WIDTH)
  const words = new Uint32Array(4)
  const value = new Float32Array(1)
  const bits = new Uint32Array(value.buffer)
  for (let i = 0; i < out.length; i++) {
    if (i % 4 === 0) {
      words.set([i, 0, 0, 0])
      philox(words, 0, 0)
    }
    value[0] = (words[i % 4]! / 2 ** 31 - 1) * Math.sqrt(3 / WIDTH)
    out[i] = bits[0]! >>> 16
  }
  return out
}

function configuration(layers: number): Record<string, unknown> {
  return {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    vocab_size: VOCABULARY,
    hidden_size: WIDTH,
    intermediate_size: FEED_FORWARD,
    num_hidden_layers: layers,
    num_attention_heads: HEADS,
    num_key_value_heads: KV_HEADS,
    head_dim: HEAD_DIM,
    hidden_act: 'silu',
    max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
    rope_theta: 500_000,
    tie_word_embeddings: true,
  }
}

async function convert(
  checkpoint: string,
  prepared: string,
): Promise<Pick<LargeResult, 'preparedBytes' | 'convertSeconds' | 'convertMemory'>> {
  const start = performance.now()
  const source = await openSafetensors(folderFiles(checkpoint))
  const store = folderStore(prepared)
  try {
    await prepare(source, store, { id: 'large', source: [], tokens: { stopTokens: [] } })
  } finally {
    await Promise.all([source.dispose(), store.closeAll()])
  }
  const { size } = await stat(join(prepared, PREPARED_FILES.weights))
  return { preparedBytes: size, convertSeconds: secondsSince(start), convertMemory: peakMemory() }
}

async function generate(
  prepared: string,
): Promise<Pick<LargeResult, 'loadSeconds' | 'prefillTokensPerSecond' | 'decodeTokensPerSecond' | 'peakMemory'>> {
  const start = performance.now()
  await using model = await loadModel(prepared)
  const loadSeconds = secondsSince(start)
  const prefillStart = performance.now()
  let tokens = Int32Array.from({ length: PROMPT }, (_, i) => (i * 7919) % VOCABULARY)
  const rows = Int32Array.from(tokens, (_, row) => row)
  let { logits } = await model.step({ tokens, logitsFor: Int32Array.of(PROMPT - 1) })
  model.commit(rows)
  const prefillSeconds = secondsSince(prefillStart)
  const decodeStart = performance.now()
  for (let token = 0; token < NEW_TOKENS; token++) {
    tokens = Int32Array.of(argmax(logits))
    ;({ logits } = await model.step({ tokens, logitsFor: Int32Array.of(0) }))
    model.commit(Int32Array.of(0))
  }
  return {
    loadSeconds,
    prefillTokensPerSecond: PROMPT / prefillSeconds,
    decodeTokensPerSecond: NEW_TOKENS / secondsSince(decodeStart),
    peakMemory: peakMemory(),
  }
}

const secondsSince = (start: number): number => (performance.now() - start) / 1000

const peakMemory = (): number => process.resourceUsage().maxRSS * 1024
