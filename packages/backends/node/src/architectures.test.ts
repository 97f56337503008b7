import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSafetensors, type PrepareOptions, prepare, type Recipe } from '@foretoken/checkpoint'
import { folderFiles, folderStore } from '@foretoken/checkpoint/node'
import { DEFAULT_GRID, FLOAT32_FORM } from '@foretoken/graph'
import { describe, expect, it } from 'vitest'
import { loadModel } from './load-model.ts'

const FIXTURES = new URL('../fixtures/', import.meta.url).pathname

/** What int8 conversion does, without its rounding. */
function rotatedFloat(isSandwich: boolean): Recipe {
  return {
    quantization: 'float32',
    form: { ...FLOAT32_FORM, foldedNorms: true },
    grid: DEFAULT_GRID,
    graph: { attention: 'float', cache: 'float32' },
    valueHadamard: 8,
    ...(isSandwich ? {} : { rotationSeed: 0 }),
  }
}

interface Golden {
  readonly tokens: readonly number[]
  /** [tokens, vocabularySize] */
  readonly logits: readonly (readonly number[])[]
}

const names = (await readdir(FIXTURES, { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)

describe.each(names)('%s', (name) => {
  it('has the logits of transformers in float32', async () => {
    const golden = await readGolden(name)
    const logits = await logitsOf(name, golden.tokens, { weights: 'float32' })
    expect(largestDifference(logits, golden)).toBeLessThan(1e-4)
  })

  it('keeps them when norms are folded and the residual stream and the values are rotated', async () => {
    const golden = await readGolden(name)
    const logits = await logitsOf(name, golden.tokens, { recipe: rotatedFloat(name.startsWith('gemma')) })
    expect(largestDifference(logits, golden)).toBeLessThan(1e-4)
  })

  it('stays near them in int8', async () => {
    const golden = await readGolden(name)
    const logits = await logitsOf(name, golden.tokens, {})
    expect(relativeDistance(logits, golden)).toBeLessThan(0.05)
  })
})

async function readGolden(name: string): Promise<Golden> {
  return JSON.parse(await readFile(join(FIXTURES, name, 'logits.json'), 'utf8'))
}

/** Feeds the tokens in uneven steps, so that the cache and sliding windows take part. */
async function logitsOf(name: string, tokens: readonly number[], options: PrepareOptions): Promise<Float32Array[]> {
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-'))
  try {
    const source = await openSafetensors(folderFiles(join(FIXTURES, name)))
    await prepare(source, folderStore(folder), { id: name, source: [], tokens: { stopTokens: [] } }, options)
    await source.dispose()
    await using model = await loadModel(folder, { worker: false, threads: 1 })
    const rows: Float32Array[] = []
    for (const count of [7, 1, 3, 13]) {
      const fed = Int32Array.from(tokens.slice(rows.length, rows.length + count))
      const all = Int32Array.from(fed, (_, row) => row)
      const { logits } = await model.step({ tokens: fed, logitsFor: all })
      for (let row = 0; row < count; row++) {
        rows.push(logits.slice(row * model.vocabularySize, (row + 1) * model.vocabularySize))
      }
      model.commit(all)
    }
    return rows
  } finally {
    await rm(folder, { recursive: true })
  }
}

function largestDifference(logits: readonly Float32Array[], golden: Golden): number {
  expect(logits.length).toBe(golden.logits.length)
  return Math.max(...logits.flatMap((row, i) => [...row].map((value, j) => Math.abs(value - golden.logits[i]![j]!))))
}

/** Root mean square of the difference over that of the logits. */
function relativeDistance(logits: readonly Float32Array[], golden: Golden): number {
  const differences = logits.flatMap((row, i) => [...row].map((value, j) => value - golden.logits[i]![j]!))
  const squares = (values: readonly number[]) => values.reduce((sum, value) => sum + value * value, 0)
  return Math.sqrt(squares(differences) / squares(golden.logits.flat()))
}
