import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildGraph, type WeightLocation } from '@foretoken/graph'
import { recipeFor } from '../convert/recipe.ts'
import { PREPARED_FILES, type PreparedModel } from '../prepared.ts'
import { storing } from './storage.ts'

/**
 * Adds to a prepared folder the graph whose sub-layers can be skipped, once. It reads the weights that the normal graph reads, so it
 * takes a few megabytes. The file appears whole or not at all. Throws `STORAGE_FAILED`.
 */
export async function addSkippable(folder: string, info: PreparedModel): Promise<void> {
  const path = join(folder, PREPARED_FILES.skippable)
  if (await stat(path).catch(() => undefined)) return
  const { architecture, form, grid, quantization } = info
  const { graph } = recipeFor(architecture, { weights: quantization === 'float32' ? 'float32' : 'int8' })
  const table = new Map<string, WeightLocation>(
    info.tensors.map(({ name, offset, byteLength }) => [name, { file: PREPARED_FILES.weights, offset, byteLength }]),
  )
  const bytes = buildGraph(architecture, { form, grid, ...graph, skippable: true }, table)
  const partial = `${path}.${process.pid}.partial`
  await storing('Writing the skippable graph', async () => {
    try {
      await writeFile(partial, bytes)
      await rename(partial, path)
    } finally {
      await rm(partial, { force: true })
    }
  })
}
