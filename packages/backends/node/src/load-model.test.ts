import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Architecture,
  buildGraph,
  byteLength,
  int8Form,
  syntheticGraph,
  type WeightLocation,
  weightPlan,
} from '@foretoken/graph'
import { testBackend } from '@foretoken/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadModel } from './load-model.ts'
import { unsignedCopy } from './unsigned-copy.ts'

const TINY: Architecture = {
  family: 'llama',
  vocabularySize: 61,
  width: 48,
  layers: 2,
  heads: 6,
  kvHeads: 2,
  headDim: 8,
  feedForward: 64,
  normEpsilon: 1e-5,
  contextLength: 64,
  rope: { theta: 10_000 },
  activation: 'silu',
  tiedHead: true,
  qkvBias: false,
  qkNorm: false,
  norms: 'pre',
  normOffset: 0,
}
const graph = syntheticGraph(TINY, { form: int8Form({ hadamard: 16 }) })
const skippable = syntheticGraph(TINY, { form: int8Form({ hadamard: 16 }), skippable: true })
const tokens = Int32Array.from({ length: 12 }, (_, i) => (i * 17) % 61)
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foretoken-'))
  await writeFile(join(folder, 'graph.onnx'), graph)
})
afterAll(() => rm(folder, { recursive: true }))

it('skips sub-layers through the worker as in this thread', async () => {
  await writeFile(join(folder, 'graph.skippable.onnx'), skippable)
  await using plain = await loadModel(folder, { threads: 1, worker: false })
  const all: Float32Array[] = []
  for (const worker of [true, false]) {
    await using model = await loadModel(folder, { threads: 1, worker, skippable: true })
    expect(model.skipping?.subLayers).toBe(4)
    expect((await model.step({ tokens })).logits).toEqual((await plain.step({ tokens })).logits)
    await using fork = model.skipping?.fork(Uint8Array.of(0, 1, 0, 0))
    const { logits } = (await fork?.step({ tokens })) ?? {}
    expect(logits).not.toEqual((await model.step({ tokens })).logits)
    all.push(logits as Float32Array)
    expect(() => model.skipping?.fork(new Uint8Array(5))).toThrowError(expect.objectContaining({ code: 'BAD_OPTION' }))
  }
  expect(all[1]).toEqual(all[0])
  expect(plain.skipping).toBeUndefined()
})

it('says which graph a folder lacks', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'foretoken-'))
  await writeFile(join(empty, 'graph.onnx'), graph)
  await expect(loadModel(empty, { worker: false, skippable: true })).rejects.toThrow(
    /graph\.skippable\.onnx.*skippable: true/,
  )
  await rm(empty, { recursive: true })
})

testBackend(
  { describe, it },
  { name: 'in a worker', create: () => loadModel(folder, { threads: 1 }), splits: [1, 3, 64] },
)

it('gives the same bits in a worker and in this thread, for any number of threads', async () => {
  const all: Float32Array[] = []
  for (const options of [
    { worker: true },
    { worker: false },
    { worker: false, threads: 1 },
    { worker: false, threads: 3 },
  ]) {
    await using model = await loadModel(folder, options)
    all.push((await model.step({ tokens })).logits.slice())
  }
  for (const logits of all) expect(logits).toEqual(all[0])
})

it('leaves the event loop free during a step', async () => {
  // A step in this thread lets the loop turn a few times before and after it, one in a worker all the while.
  const [here, worker] = [await turnsOf(40, false), await turnsOf(40, true)]
  expect(worker).toBeGreaterThan(3 * here)
})

/** Turns of the event loop during some steps. */
async function turnsOf(steps: number, worker: boolean): Promise<number> {
  await using model = await loadModel(folder, { worker, threads: 1 })
  let turns = 0
  let isOver = false
  const turn = () => {
    turns++
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  for (let i = 0; i < steps; i++) await model.step({ tokens })
  isOver = true
  return turns
}

it('throws at the call, before the worker hears of it', async () => {
  await using model = await loadModel(folder)
  expect(() => model.commit(Int32Array.of(0))).toThrowError(expect.objectContaining({ code: 'BAD_OPTION' }))
  expect(() => model.rewind(1)).toThrowError(expect.objectContaining({ code: 'BAD_OPTION' }))
  await expect(model.step({ tokens: Int32Array.of(61) })).rejects.toMatchObject({ code: 'BAD_OPTION' })
})

it('lets a step end before it disposes of the model', async () => {
  const model = await loadModel(folder)
  const step = model.step({ tokens })
  const disposal = model.dispose()
  expect((await step).logits.length).toBe(12 * 61)
  await disposal
  await expect(model.step({ tokens })).rejects.toMatchObject({ code: 'DISPOSED' })
})

describe.each([true, false])('with worker: %s', (worker) => {
  it('names a folder without a model', async () => {
    await expect(loadModel('/nowhere', { worker })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      details: { folder: '/nowhere' },
    })
  })

  it('refuses bytes that are no graph', async () => {
    const other = await mkdtemp(join(tmpdir(), 'foretoken-'))
    try {
      for (const bytes of [
        new Uint8Array(0),
        graph.subarray(0, 5000),
        new TextEncoder().encode('no protocol buffer'),
      ]) {
        await writeFile(join(other, 'graph.onnx'), bytes)
        await expect(loadModel(other, { worker })).rejects.toMatchObject({ code: 'BAD_CHECKPOINT' })
      }
    } finally {
      await rm(other, { recursive: true })
    }
  })

  it('refuses options that cannot be met, naming what can', async () => {
    await expect(loadModel(folder, { worker, providers: ['abacus'] })).rejects.toMatchObject({
      code: 'BAD_OPTION',
      fix: expect.stringContaining('cpu'),
    })
    await expect(loadModel(folder, { worker, threads: 0 })).rejects.toMatchObject({ code: 'BAD_OPTION' })
    await expect(loadModel(folder, { worker, maximumRows: 1.5 })).rejects.toMatchObject({ code: 'BAD_OPTION' })
    const unknown = { worker, thread: 2 }
    await expect(loadModel(folder, unknown)).rejects.toMatchObject({
      code: 'BAD_OPTION',
      fix: expect.stringContaining('threads'),
    })
  })
})

/** The graph over tensors of a weight file, and the file's length. */
function graphOverFile(): { model: Uint8Array; length: number } {
  const form = int8Form({ hadamard: 16 })
  const table = new Map<string, WeightLocation>()
  let length = 0
  for (const spec of weightPlan(TINY, form)) {
    table.set(spec.name, { file: 'weights.bin', offset: length, byteLength: byteLength(spec) })
    length += byteLength(spec)
  }
  return { model: buildGraph(TINY, { form }, table), length }
}

it('makes the unsigned form once, whole, beside the signed one', async () => {
  const other = await mkdtemp(join(tmpdir(), 'foretoken-'))
  try {
    const { model, length } = graphOverFile()
    await writeFile(join(other, 'graph.onnx'), model)
    await writeFile(join(other, 'weights.bin'), new Uint8Array(length))
    const path = await unsignedCopy(other, 'graph', model)
    expect(await unsignedCopy(other, 'graph', model)).toBe(path)
    const names = ['graph.onnx', 'graph.unsigned.onnx', 'weights.bin', 'weights.unsigned.bin']
    expect((await readdir(other)).sort()).toEqual(names)
  } finally {
    await rm(other, { recursive: true })
  }
})

it('needs no weight file where the graph holds its weights', async () => {
  const other = await mkdtemp(join(tmpdir(), 'foretoken-'))
  try {
    await unsignedCopy(other, 'graph', graph)
    expect(await readdir(other)).toEqual(['graph.unsigned.onnx'])
  } finally {
    await rm(other, { recursive: true })
  }
})

it('leaves nothing behind when the unsigned form cannot be made', async () => {
  const other = await mkdtemp(join(tmpdir(), 'foretoken-'))
  try {
    await expect(unsignedCopy(other, 'graph', graphOverFile().model)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect(await readdir(other)).toEqual([])
  } finally {
    await rm(other, { recursive: true })
  }
})
