// Rows are exact: 500 tokens of running text give the same logits, bit by bit, however they are fed: in any number of rows,
// as a tree, after a rewind, in a fork, with a cache of any size; in onnxruntime-node and in WASM.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadModel } from '@foretoken/backend-node'
import { type OnnxSession, onnxModel } from '@foretoken/backend-onnx'
import { defaultCacheFolder, openModel } from '@foretoken/checkpoint/node'
import { ForetokenError, type Model } from '@foretoken/core'
import { readDescription } from '@foretoken/graph'
import * as wasm from 'onnxruntime-web'
import { describe, expect, it } from 'vitest'

const TOKENS = 500
const TEXT = new URL('../bench/text/', import.meta.url)

wasm.env.wasm.numThreads = 1

async function loadInWasm(folder: string): Promise<Model> {
  const graph = await readFile(join(folder, 'graph.onnx'))
  const data = await readFile(join(folder, 'weights.bin'))
  const session = await wasm.InferenceSession.create(graph, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'disabled',
    externalData: [{ path: 'weights.bin', data }],
  })
  return onnxModel({
    session: session as unknown as OnnxSession,
    makeTensor: (type, values, dims) => new wasm.Tensor(type, values as Float32Array, dims),
    description: readDescription(graph),
    maximumRows: TOKENS,
  })
}

const RUNTIMES: readonly [string, (folder: string) => Promise<Model>][] = [
  ['onnxruntime-node', (folder) => loadModel(folder, { maximumRows: TOKENS })],
  ['WASM', loadInWasm],
]

const digest = (row: Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(row.buffer, row.byteOffset, row.byteLength))
    .digest('base64')

const chain = (from: number, to: number): Int32Array => Int32Array.from({ length: to - from }, (_, i) => from + i)

/** A digest of each row's logits, [rows]. */
function digests(logits: Float32Array, size: number): string[] {
  return Array.from({ length: logits.length / size }, (_, row) => digest(logits.subarray(row * size, (row + 1) * size)))
}

/** Feeds tokens `from` to `to` in steps of `rows`, commits them all, and gives a digest of each one's logits. */
async function feed(model: Model, tokens: Int32Array, from: number, to: number, rows: number): Promise<string[]> {
  const found: string[] = []
  for (let at = from; at < to; at += rows) {
    const fed = tokens.subarray(at, Math.min(to, at + rows))
    const { logits } = await model.step({ tokens: fed })
    found.push(...digests(logits, model.vocabularySize))
    model.commit(chain(0, fed.length))
  }
  return found
}

/** Feeds the tokens in trees: each is followed by two strangers, siblings of its successor, which are not committed. */
async function feedTrees(model: Model, tokens: Int32Array, levels: number): Promise<string[]> {
  const found: string[] = []
  for (let at = 0; at < tokens.length; at += levels) {
    const depth = Math.min(levels, tokens.length - at)
    const fed = new Int32Array(3 * depth)
    const parents = new Int32Array(3 * depth)
    for (let level = 0; level < depth; level++) {
      const token = tokens[at + level]!
      const parent = level === 0 ? -1 : 3 * level - 2
      fed.set([(token + 7) % model.vocabularySize, token, (token + 13) % model.vocabularySize], 3 * level)
      parents.fill(parent, 3 * level, 3 * level + 3)
    }
    const path = Int32Array.from({ length: depth }, (_, level) => 3 * level + 1)
    const { logits } = await model.step({ tokens: fed, parents, logitsFor: path })
    found.push(...digests(logits, model.vocabularySize))
    model.commit(path)
  }
  return found
}

describe.each(['stories', 'smollm2-135m'])('%s', (name) => {
  it.for(RUNTIMES)('gives the same bits however 500 tokens are fed, in %s', async ([, load], { skip }) => {
    const opened = await openModel(name, { cacheFolder: defaultCacheFolder(process.env), offline: true }).catch(
      (error) => {
        if (ForetokenError.is(error) && error.code === 'OFFLINE') return undefined
        throw error
      },
    )
    if (opened === undefined) return skip(`${name} is not in the cache; pull it first`)
    await using model = await load(opened.folder)
    const text = await readFile(new URL('alice.txt', TEXT), 'utf8')
    const tokens = opened.tokenizer.encode(text.slice(0, 8000)).subarray(0, TOKENS)
    expect(tokens).toHaveLength(TOKENS)
    const expected = await feed(model, tokens, 0, TOKENS, 1)
    expect(new Set(expected).size).toBeGreaterThan(TOKENS - 20)
    // From here on the cache has room for all 500: another bucket than that in which the first tokens were fed.
    for (const rows of [2, 3, 4, 8, 17, 64, TOKENS]) {
      model.rewind(0)
      expect(await feed(model, tokens, 0, TOKENS, rows)).toEqual(expected)
    }
    model.rewind(100)
    expect(await feed(model, tokens, 100, 200, 5)).toEqual(expected.slice(100, 200))
    await using fork = model.fork()
    const [mine, theirs] = [await feed(model, tokens, 200, 300, 1), await feed(fork, tokens, 200, 300, 6)]
    expect([mine, theirs]).toEqual([expected.slice(200, 300), expected.slice(200, 300)])
    model.rewind(0)
    expect(await feedTrees(model, tokens, 7)).toEqual(expected)
  })
})
