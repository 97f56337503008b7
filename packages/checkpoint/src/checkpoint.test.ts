import { readFile } from 'node:fs/promises'
import { ForetokenError } from '@foretoken/core'
import { describe, expect, it } from 'vitest'
import { type FileSet, memoryFiles, memorySource } from './bytes.ts'
import { openGgufCheckpoint, openSafetensorsCheckpoint } from './checkpoint.ts'
import { openGguf } from './gguf/checkpoint.ts'
import { openSafetensors } from './safetensors/checkpoint.ts'
import { createTokenizer } from './tokenizer/tokenizer.ts'

const fixture = (path: string): Promise<Uint8Array> =>
  readFile(new URL(`../fixtures/checkpoints/${path}`, import.meta.url))
const bits = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length)

async function folder(family: string, change?: (config: Record<string, unknown>) => unknown): Promise<FileSet> {
  const config = JSON.parse(new TextDecoder().decode(await fixture(`${family}/config.json`)))
  change?.(config)
  return memoryFiles(
    new Map([
      ['config.json', new TextEncoder().encode(JSON.stringify(config))],
      ['model.safetensors', await fixture(`${family}/model.safetensors`)],
    ]),
    family,
  )
}

async function refusal(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return ForetokenError.is(error) ? `${error.code}: ${error.message}` : String(error)
}

describe.each(['llama', 'mistral', 'qwen2', 'qwen3', 'gemma3'])('%s', (family) => {
  it('reads the same from GGUF, as llama.cpp converts it, as from safetensors', async () => {
    const stored = await openGguf(memorySource(await fixture(`${family}.gguf`)))
    const reference = await openSafetensors(await folder(family))
    // A Mistral without a window is a Llama, and calls itself one in GGUF.
    const expected = { ...reference.architecture, ...(family === 'mistral' ? { family: 'llama' } : {}) }
    expect(stored.architecture).toEqual(expected)
    expect([...stored.tensors.keys()].sort()).toEqual([...reference.tensors.keys()].sort())
    for (const [name, { shape }] of reference.tensors) {
      const want = await reference.read(name)
      expect(bits(await stored.read(name)), name).toEqual(bits(want))
      const rows = shape[0] as number
      const [from, to] = [Math.floor(rows / 5), Math.ceil(rows / 2)]
      const columns = want.length / rows
      expect(bits(await stored.read(name, from, to)), name).toEqual(bits(want.slice(from * columns, to * columns)))
    }
  })
})

it('reads architectures into their details', async () => {
  expect((await openGguf(memorySource(await fixture('llama.gguf')))).architecture.rope).toEqual({
    theta: 500_000,
    scaling: {
      kind: 'llama3',
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContextLength: 8192,
    },
  })
  const gemma = (await openGguf(memorySource(await fixture('gemma3.gguf')))).architecture
  expect(gemma.rope).toEqual({ theta: 1e6, localTheta: 1e4, scaling: { kind: 'linear', factor: 8 } })
  expect(gemma.layerTypes).toEqual([...Array(5).fill('sliding'), 'global'])
  expect(gemma).toMatchObject({ norms: 'sandwich', normOffset: 1, slidingWindow: 8, normEpsilon: 1e-6, headDim: 16 })
})

it('reads configurations of transformers 4', async () => {
  const old = await folder('llama', (config) => {
    const { rope_theta, ...scaling } = config.rope_parameters as Record<string, unknown>
    delete config.rope_parameters
    Object.assign(config, { rope_theta, rope_scaling: scaling })
  })
  expect((await openSafetensors(old)).architecture).toEqual((await openSafetensors(await folder('llama'))).architecture)
  const window = await openSafetensors(
    await folder('mistral', (config) => Object.assign(config, { sliding_window: 9 })),
  )
  expect(window.architecture.slidingWindow).toBe(9)
})

it('refuses what a graph would compute wrongly, by name', async () => {
  const changed = (change: Record<string, unknown>) =>
    folder('llama', (config) => Object.assign(config, change)).then(openSafetensors)
  expect(await refusal(changed({ model_type: 'mamba' }))).toMatch(/UNSUPPORTED.*mamba/)
  expect(await refusal(changed({ hidden_act: 'relu' }))).toMatch(/UNSUPPORTED.*relu/)
  expect(await refusal(changed({ mlp_bias: true }))).toMatch(/UNSUPPORTED.*biases/)
  expect(await refusal(changed({ num_hidden_layers: 2 }))).toMatch(/BAD_CHECKPOINT.*layers\.1.*missing/)
  expect(await refusal(changed({ hidden_size: 64 }))).toMatch(/BAD_CHECKPOINT.*shape/)
  expect(await refusal(changed({ num_hidden_layers: 1e9 }))).toMatch(/BAD_CHECKPOINT.*num_hidden_layers/)
  expect(await refusal(changed({ vocab_size: 'many' }))).toMatch(/BAD_CHECKPOINT.*not a number/)
  expect(await refusal(changed({ rope_parameters: { rope_type: 'yarn', rope_theta: 1e4 } }))).toMatch(
    /UNSUPPORTED.*yarn/,
  )
  expect(await refusal(openSafetensors(memoryFiles(new Map())))).toMatch(/BAD_CHECKPOINT.*config\.json/)
})

it('reads shards, and refuses an index that lies', async () => {
  const files = await sharded()
  const reference = await openSafetensors(await folder('qwen2'))
  const source = await openSafetensors(memoryFiles(files))
  for (const name of reference.tensors.keys()) expect(await source.read(name)).toEqual(await reference.read(name))
  const index = (map: object): Promise<string> =>
    refusal(
      openSafetensors(memoryFiles(new Map([...files, ['model.safetensors.index.json', json({ weight_map: map })]]))),
    )
  expect(await index({ x: '../secret.safetensors' })).toMatch(/BAD_CHECKPOINT.*beside it/)
  expect(await index({ x: 'absent.safetensors' })).toMatch(/BAD_CHECKPOINT.*no file/)
  expect(await index({ x: 'one.safetensors' })).toMatch(/BAD_CHECKPOINT.*not there/)
  expect(await index({})).toMatch(/BAD_CHECKPOINT.*0 files/)
})

it('opens both formats with their tokenizer', async () => {
  const stored = await openGgufCheckpoint(memorySource(await fixture('qwen3.gguf')))
  const files = new Map<string, Uint8Array>()
  for (const file of ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']) {
    files.set(file, await fixture(`qwen3/${file}`))
  }
  const reference = await openSafetensorsCheckpoint(memoryFiles(files))
  expect(stored.tokens.stopTokens).toEqual(reference.tokens.stopTokens)
  const [a, b] = [stored, reference].map(({ tokenizer, tokens }) => createTokenizer(tokenizer, tokens))
  expect(a?.encode('the <|im_end|> fox')).toEqual(b?.encode('the <|im_end|> fox'))
})

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

/** The qwen2 checkpoint in two files. */
async function sharded(): Promise<Map<string, Uint8Array>> {
  const whole = await fixture('qwen2/model.safetensors')
  const length = Number(new DataView(whole.buffer, whole.byteOffset).getBigUint64(0, true))
  const header = JSON.parse(new TextDecoder().decode(whole.subarray(8, 8 + length)))
  delete header.__metadata__
  const files = new Map([['config.json', await fixture('qwen2/config.json')]])
  const weights: Record<string, string> = {}
  const names = Object.keys(header)
  for (const [file, own] of [
    ['one.safetensors', names.slice(0, 4)],
    ['two.safetensors', names.slice(4)],
  ] as const) {
    let at = 0
    const entries: Record<string, unknown> = {}
    const parts: Uint8Array[] = []
    for (const name of own) {
      const [begin, end] = header[name].data_offsets
      entries[name] = { ...header[name], data_offsets: [at, at + end - begin] }
      parts.push(whole.subarray(8 + length + begin, 8 + length + end))
      at += end - begin
      weights[name] = file
    }
    files.set(file, safetensors(entries, parts))
  }
  return files.set('model.safetensors.index.json', json({ weight_map: weights }))
}

function safetensors(entries: object, parts: readonly Uint8Array[]): Uint8Array {
  const header = json(entries)
  const size = new Uint8Array(8)
  new DataView(size.buffer).setBigUint64(0, BigInt(header.length), true)
  return Uint8Array.from([size, header, ...parts].flatMap((part) => [...part]))
}
