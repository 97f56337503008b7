import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { quantile } from '../statistics.ts'
import type { CutCase } from './cut.ts'
import type { CompiledSchema, MaskEngine } from './engine.ts'
import { follow } from './judge.ts'

/** Live memory, in KiB. */
export interface MemoryFigures {
  /**
   * What a compiled schema holds after all its instances were followed, when it holds most; what it added to the caches of
   * the vocabulary is part of it.
   */
  readonly schemaMemoryP50KiB: number
  readonly schemaMemoryP99KiB: number
  readonly schemaMemoryMaxKiB: number
  /** What stays when every schema of the run has been compiled, followed and given up: the caches of the vocabulary. */
  readonly sharedMemoryKiB: number
  /** The largest resident set of the process, the benchmark's own data included. */
  readonly peakResidentKiB: number
}

/** The schemas that hold most. */
export interface SchemaMemory {
  readonly name: string
  readonly KiB: number
}

export interface Memory {
  readonly figures: MemoryFigures
  readonly largest: readonly SchemaMemory[]
}

/** A collector that can be called: what is left after it is alive. */
export function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

/** Gives up what earlier passes left, in more than one collection. */
export async function collectAll(): Promise<void> {
  const collect = collector()
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve, collect()))
}

/** Measures apart from time, since collecting before and after each schema would flatter it. */
export async function measureMemory(cases: readonly (() => CutCase)[], begin: () => MaskEngine): Promise<Memory> {
  const collect = collector()
  const live = (): number => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return (heapUsed + external) / 1024
  }
  const engine = begin()
  await collectAll()
  const empty = live()
  const held: SchemaMemory[] = []
  for (const read of cases) {
    const each = read()
    const before = live()
    const compiled = await followed(engine, each)
    if (compiled) held.push({ name: each.name, KiB: live() - before })
    compiled?.dispose()
  }
  const sizes = held.map(({ KiB }) => KiB)
  return {
    figures: {
      schemaMemoryP50KiB: quantile(sizes, 0.5),
      schemaMemoryP99KiB: quantile(sizes, 0.99),
      schemaMemoryMaxKiB: sizes.reduce((most, each) => Math.max(most, each), 0),
      sharedMemoryKiB: live() - empty,
      peakResidentKiB: process.resourceUsage().maxRSS,
    },
    largest: held.sort((a, b) => b.KiB - a.KiB).slice(0, 12),
  }
}

async function followed(engine: MaskEngine, { schema, tests }: CutCase): Promise<CompiledSchema | undefined> {
  try {
    const compiled = await engine.compile(schema)
    for (const { tokens } of tests) await follow(compiled, tokens)
    return compiled
  } catch {
    return undefined
  }
}
