import { readDescription } from '@foretoken/graph'
import { expect, it } from 'vitest'
import { LLAMA, RUNTIMES, type Runtime, syntheticBytes, syntheticModel } from '../fixtures/runtimes.ts'
import { type OnnxModelOptions, onnxModel } from './onnx-model.ts'
import type { OnnxSession } from './session.ts'

const runtime = RUNTIMES[0] as Runtime
const first = Int32Array.of(1)

/** A session that does what the test says. */
function over(session: Partial<OnnxSession>, options: Partial<OnnxModelOptions> = {}) {
  const graph = syntheticBytes(LLAMA)
  return onnxModel({
    session: { run: async () => ({}), release: async () => {}, ...session },
    makeTensor: runtime.makeTensor,
    description: readDescription(graph),
    ...options,
  })
}

it('says what the graph can do', async () => {
  await using model = await syntheticModel(runtime, LLAMA, { hiddenStates: [0] })
  expect([...model.supports].sort()).toEqual([
    'attention:tree-mask',
    'kv:fork',
    'kv:gather',
    'kv:rewind',
    'logits:all-positions',
    'output:hidden-states',
    'rows:exact',
  ])
})

it('claims exact rows on the processor only', () => {
  const on = (provider: string) => {
    const where = { provider, threads: 1, thread: 'caller' } as const
    const model = over({}, { where })
    expect(model.where).toEqual(where)
    expect(model.fork().where).toEqual(where)
    return model.supports.has('rows:exact')
  }
  expect(['cpu', 'wasm', 'webgpu', 'cuda'].map(on)).toEqual([true, true, false, false])
})

it('gives the hidden states that the graph was built with', async () => {
  await using model = await syntheticModel(runtime, LLAMA, { hiddenStates: [0, 1] })
  const { hiddenStates } = await model.step({ tokens: Int32Array.of(1, 2, 3) })
  expect([...(hiddenStates?.keys() ?? [])]).toEqual([0, 1])
  expect(hiddenStates?.get(1)?.length).toBe(3 * LLAMA.width)
})

it('writes logits where those of the step before were, or where it is told', async () => {
  const graph = syntheticBytes(LLAMA)
  const open = async (writesToGiven: boolean) =>
    onnxModel({
      session: await runtime.create(graph),
      makeTensor: runtime.makeTensor,
      description: readDescription(graph),
      writesToGiven,
    })
  await using fresh = await open(false)
  await using model = await open(true)
  const rounds = [[1, 2, 3], [4], [5, 6], [7, 8, 9, 10]].map((tokens) => Int32Array.from(tokens))
  const memory: ArrayBufferLike[] = []
  for (const tokens of rounds) {
    const [expected, { logits }] = [await fresh.step({ tokens }), await model.step({ tokens })]
    expect(logits).toEqual(expected.logits)
    memory.push(logits.buffer)
    for (const each of [fresh, model]) each.commit(tokens.map((_, row) => row))
  }
  expect(new Set(memory).size).toBe(1)
  const given = new ArrayBuffer(2 * (memory[0] as ArrayBuffer).byteLength)
  model.reuse?.(given)
  expect((await model.step({ tokens: first })).logits.buffer).toBe(given)
  expect(fresh.reuse).toBeUndefined()
})

it('refuses a graph that takes embeddings', () => {
  const graph = syntheticBytes(LLAMA, { input: 'embeddings' })
  const session = { run: async () => ({}), release: async () => {} }
  const open = () => onnxModel({ session, makeTensor: runtime.makeTensor, description: readDescription(graph) })
  expect(open).toThrowError(expect.objectContaining({ code: 'UNSUPPORTED' }))
})

it('stays usable after the runtime failed', async () => {
  await using working = await syntheticModel(runtime, LLAMA)
  let isBroken = false
  await using model = over({
    run: async () => {
      if (isBroken) throw new Error('out of memory')
      const { logits } = await working.step({ tokens: first })
      return { logits: { dims: [1, logits.length], data: logits }, new: { dims: [], data: new Uint16Array(64) } }
    },
  })
  isBroken = true
  await expect(model.step({ tokens: first })).rejects.toMatchObject({ code: 'BACKEND_FAILED' })
  expect(() => model.commit(Int32Array.of(0))).toThrowError(expect.objectContaining({ code: 'BAD_OPTION' }))
  isBroken = false
  await model.step({ tokens: first })
  model.commit(Int32Array.of(0))
  expect(model.length).toBe(1)
})

it('refuses a second step while one runs', async () => {
  await using model = await syntheticModel(runtime, LLAMA)
  const running = model.step({ tokens: first })
  await expect(model.step({ tokens: first })).rejects.toMatchObject({ code: 'BAD_OPTION' })
  await running
})

it('releases the session once, with the last fork and after the step under way', async () => {
  const events: string[] = []
  const model = over({
    run: async () => {
      await new Promise((resolve) => setImmediate(resolve))
      events.push('ran')
      return { logits: { dims: [1, 61], data: new Float32Array(61) }, new: { dims: [], data: new Uint16Array(64) } }
    },
    release: async () => {
      events.push('released')
    },
  })
  const fork = model.fork()
  await fork.dispose()
  await fork.dispose()
  const running = model.step({ tokens: first })
  await Promise.all([running, model.dispose()])
  expect(events).toEqual(['ran', 'released'])
  await expect(model.step({ tokens: first })).rejects.toMatchObject({ code: 'DISPOSED' })
})
