// Broken checkpoints, made from sound ones, that the readers must refuse in words or read: nothing else.
import { readFile } from 'node:fs/promises'
import { ForetokenError } from '@foretoken/core'
import { memoryFiles, memorySource } from '../src/bytes.ts'
import { type Checkpoint, openGgufCheckpoint, openSafetensorsCheckpoint } from '../src/checkpoint.ts'
import { createTokenizer } from '../src/tokenizer/tokenizer.ts'

export interface FuzzReport {
  readonly runs: number
  /** Mutants that were read after all: the mutation hit a weight or a word. */
  readonly read: number
  /** Refusals by error code. */
  readonly refused: Readonly<Record<string, number>>
  /** Anything but a refusal: the seed of the mutant and what was thrown. */
  readonly crashes: readonly { readonly seed: number; readonly error: string }[]
  /** Longest that one mutant took. */
  readonly slowestMs: number
}

interface Target {
  readonly name: string
  readonly files: ReadonlyMap<string, Uint8Array>
  /** The file that is mutated. */
  readonly file: string
  /** Bytes at its beginning that are structure; the rest is weights. */
  readonly structure: number
}

type Random = (below: number) => number

const FOLDER = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']
const EXTREMES = [
  0n,
  1n,
  2n,
  0x7fn,
  0xffn,
  0xffffn,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
]
const WORDS = [
  '-1',
  '0',
  '1e999',
  '1e9',
  '9007199254740993',
  '0.5',
  'null',
  '[]',
  '{}',
  '""',
  'true',
  '"a"',
  '[[[[1]]]]',
]

/** Opens `runs` mutants, numbered from `seed`; a mutant depends on its number only. */
export async function fuzz(runs: number, seed = 0): Promise<FuzzReport> {
  const targets = await loadTargets()
  for (const target of targets) await exercise(target, target.files.get(target.file) as Uint8Array)
  const refused: Record<string, number> = {}
  const crashes: { seed: number; error: string }[] = []
  let read = 0
  let slowestMs = 0
  for (let run = seed; run < seed + runs; run++) {
    const random = randomOf(run)
    const target = targets[random(targets.length)] as Target
    const start = performance.now()
    try {
      await exercise(target, mutate(target, random))
      read++
    } catch (error) {
      const code = ForetokenError.is(error) ? error.code : undefined
      if (code === 'BAD_CHECKPOINT' || code === 'UNSUPPORTED') refused[code] = (refused[code] ?? 0) + 1
      else crashes.push({ seed: run, error: `${target.name}: ${error instanceof Error ? error.stack : error}` })
    }
    slowestMs = Math.max(slowestMs, performance.now() - start)
  }
  return { runs, read, refused, crashes, slowestMs }
}

async function loadTargets(): Promise<Target[]> {
  const read = (path: string): Promise<Uint8Array> => readFile(new URL(`../fixtures/${path}`, import.meta.url))
  const targets: Target[] = []
  for (const path of ['checkpoints/llama', 'checkpoints/gemma3', 'checkpoints/qwen2', 'checkpoints/mistral']) {
    const bytes = await read(`${path}.gguf`)
    const structure = Math.min(bytes.length, 9_000)
    targets.push({ name: path, files: new Map([['model.gguf', bytes]]), file: 'model.gguf', structure })
  }
  const entries = await Promise.all(
    FOLDER.map(async (file) => [file, await read(`checkpoints/qwen3/${file}`)] as const),
  )
  const files = new Map(entries)
  for (const [file, bytes] of files) {
    const structure = file === 'model.safetensors' ? 1_500 : bytes.length
    targets.push({ name: `checkpoints/qwen3/${file}`, files, file, structure })
  }
  return targets
}

/** Everything that a conversion would touch. */
async function exercise(target: Target, bytes: Uint8Array): Promise<void> {
  const checkpoint = await open(target, bytes)
  try {
    for (const [name, { shape }] of checkpoint.source.tensors) {
      await checkpoint.source.read(name, 0, Math.min(1, shape[0] ?? 1))
    }
    const tokenizer = createTokenizer(checkpoint.tokenizer, checkpoint.tokens, checkpoint.chatTemplate)
    tokenizer.decode(tokenizer.encode('The <|im_end|> fox 🦊\n'))
  } finally {
    await checkpoint.dispose()
  }
}

function open(target: Target, bytes: Uint8Array): Promise<Checkpoint> {
  if (target.file.endsWith('.gguf')) return openGgufCheckpoint(memorySource(bytes))
  return openSafetensorsCheckpoint(memoryFiles(new Map([...target.files, [target.file, bytes]])))
}

function mutate({ files, file, structure }: Target, random: Random): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(files.get(file) as Uint8Array)
  const isText = file.endsWith('.json')
  for (let times = 1 + random(2); times > 0 && bytes.length > 16; times--) {
    const at = random(Math.min(structure, bytes.length - 8))
    const kind = random(isText ? 16 : 12)
    if (kind < 3) bytes[at] = random(256)
    else if (kind < 6) bytes[at] = (bytes[at] as number) ^ (1 << random(8))
    else if (kind < 9) writeExtreme(bytes, at, random)
    else if (kind === 9) bytes = bytes.slice(0, at)
    else if (kind === 10) bytes = spliced(bytes, at, random(40), new Uint8Array(0))
    else if (kind === 11) bytes = spliced(bytes, at, 0, bytes.slice(at, at + random(200)))
    else bytes = withWord(bytes, at, random)
  }
  return bytes
}

function writeExtreme(bytes: Uint8Array, at: number, random: Random): void {
  const value = EXTREMES[random(EXTREMES.length)] as bigint
  const view = new DataView(bytes.buffer)
  if (random(2)) view.setBigUint64(at, BigInt.asUintN(64, value), true)
  else view.setUint32(at, Number(BigInt.asUintN(32, value)), true)
}

/** Replaces the JSON value after the next colon or comma. */
function withWord(bytes: Uint8Array, from: number, random: Random): Uint8Array {
  let at = from
  while (at < bytes.length && bytes[at] !== 0x3a && bytes[at] !== 0x2c) at++
  let end = at + 1
  while (end < bytes.length && bytes[end] !== 0x2c && bytes[end] !== 0x7d && bytes[end] !== 0x5d) end++
  return spliced(bytes, at + 1, end - at - 1, new TextEncoder().encode(WORDS[random(WORDS.length)]))
}

function spliced(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  const rest = bytes.subarray(Math.min(bytes.length, at + removed))
  const out = new Uint8Array(at + added.length + rest.length)
  out.set(bytes.subarray(0, at))
  out.set(added, at)
  out.set(rest, at + added.length)
  return out
}

/** Mulberry32: numbers below a bound, by seed. */
function randomOf(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b9)
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}
