import { badCheckpoint } from '../bad-checkpoint.ts'
import { type ByteSource, type FileSet, readText } from '../bytes.ts'
import { checkTensors } from '../required-tensors.ts'
import { readRows, type StoredSource, type StoredTensor, shown } from '../stored-tensor.ts'
import { configArchitecture } from './architecture.ts'
import { isObject, parseObject, readSafetensorsHeader } from './header.ts'

const JSON_LIMIT = 2 ** 26
const SHARD_LIMIT = 1024

interface Placed {
  readonly tensor: StoredTensor
  readonly shard: ByteSource
}

/**
 * Opens a Hugging Face checkpoint: `config.json` and either `model.safetensors` or the shards that
 * `model.safetensors.index.json` names. Throws `BAD_CHECKPOINT`, `UNSUPPORTED`.
 */
export async function openSafetensors(files: FileSet): Promise<StoredSource> {
  const config = parseObject(await textOf(files, 'config.json'), 'config.json')
  const shards: ByteSource[] = []
  const dispose = async (): Promise<void> => {
    await Promise.all(shards.splice(0).map((shard) => shard.close()))
  }
  try {
    const placed = await readTensors(files, shards)
    const architecture = configArchitecture(config, placed.has('lm_head.weight'))
    checkTensors(architecture, new Map([...placed].map(([name, { tensor }]) => [name, tensor])))
    return {
      architecture,
      tensors: new Map([...placed].map(([name, { tensor }]) => [name, shown(tensor)])),
      async read(name, from, to) {
        const found = placed.get(name)
        if (!found) throw badCheckpoint(`There is no tensor "${name}" in ${files.name}.`, { name })
        return readRows(found.shard, found.tensor, from ?? 0, to ?? found.tensor.shape[0] ?? 1)
      },
      dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function readTensors(files: FileSet, shards: ByteSource[]): Promise<ReadonlyMap<string, Placed>> {
  const placed = new Map<string, Placed>()
  for (const [file, promised] of await shardsOf(files)) {
    const shard = await files.open(file)
    if (!shard) throw badCheckpoint(`${files.name} has no file "${file}".`, { file })
    shards.push(shard)
    const { tensors } = await readSafetensorsHeader(shard)
    for (const name of promised ?? tensors.keys()) {
      const tensor = tensors.get(name)
      if (!tensor) throw badCheckpoint(`The index promises "${name}" in ${file}; it is not there.`, { name, file })
      const plain = plainName(name)
      if (plain === undefined) continue
      if (placed.has(plain)) throw badCheckpoint(`The checkpoint holds the tensor "${plain}" twice.`, { name })
      placed.set(plain, { tensor, shard })
    }
  }
  return placed
}

/** Shard files with the tensors that the index promises in each; of a single file, whatever it holds. */
async function shardsOf(files: FileSet): Promise<ReadonlyMap<string, readonly string[] | undefined>> {
  const single = await files.open('model.safetensors')
  if (single) {
    await single.close()
    return new Map([['model.safetensors', undefined]])
  }
  const index = parseObject(await textOf(files, 'model.safetensors.index.json'), 'model.safetensors.index.json')
  const shards = new Map<string, string[]>()
  for (const [name, file] of Object.entries(isObject(index.weight_map) ? index.weight_map : {})) {
    if (typeof file !== 'string' || !/^[\w-][\w.-]*\.safetensors$/.test(file)) {
      throw badCheckpoint(
        `The index places "${name}" in ${JSON.stringify(file)}, not in a .safetensors file beside it.`,
      )
    }
    const names = shards.get(file)
    if (names) names.push(name)
    else shards.set(file, [name])
  }
  if (shards.size >= 1 && shards.size <= SHARD_LIMIT) return shards
  throw badCheckpoint(`The index names ${shards.size} files; 1 to ${SHARD_LIMIT} were expected.`)
}

/** Name in a text-only model; `undefined` for what a text model does not need. */
function plainName(name: string): string | undefined {
  if (/^(model\.)?(vision_tower|multi_modal_projector)\./.test(name) || name.endsWith('.rotary_emb.inv_freq')) {
    return undefined
  }
  return name.replace(/^language_model\./, '').replace(/^model\.language_model\./, 'model.')
}

async function textOf(files: FileSet, file: string): Promise<string> {
  const source = await files.open(file)
  if (!source) {
    throw badCheckpoint(`${files.name} has no ${file}.`, { file }, 'Give a folder as the Hugging Face hub has it.')
  }
  try {
    return await readText(source, JSON_LIMIT)
  } finally {
    await source.close()
  }
}
