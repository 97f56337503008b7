import { capped, decode, type Model } from '@foretoken/core'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { exactMatch } from '@foretoken/verifier-exact-match'
import ort from 'onnxruntime-node'
import { median, quantile } from './statistics.ts'

/** Milliseconds of one greedy round spent in JavaScript, outside the runtime's forward pass. */
export interface RoundCost {
  readonly rounds: number
  /** Median of the whole round less the runtime's own call: draft, laws, verification, cache, feeds. */
  readonly outsideMs: number
  readonly outsideMs90: number
  /** Medians of the parts of it. */
  readonly draftMs: number
  /** Laws, verification, commit. */
  readonly decodeMs: number
  /** Making feeds and reading outputs around the runtime's call. */
  readonly backendMs: number
}

/** Levels drafted in a round. */
const LEVELS = 4

/** Decodes greedily with prompt lookup and takes the runtime's time away. The model must run in this thread. */
export async function roundCost(model: Model, prompt: Int32Array, rounds: number): Promise<RoundCost> {
  const stopwatch = watchRuntime()
  try {
    const drafter = capped(promptLookup(), LEVELS)
    const outside: number[] = []
    const parts = { draft: [] as number[], decode: [] as number[], backend: [] as number[] }
    let isPrefill = true
    model.rewind(0)
    for await (const { stats } of decode({ model, prompt, drafter, verifier: exactMatch() })) {
      const runtimeMs = stopwatch.take()
      if (isPrefill) {
        isPrefill = false
        continue
      }
      outside.push(stats.draftMs + stats.verifyMs + stats.otherMs - runtimeMs)
      parts.draft.push(stats.draftMs)
      parts.decode.push(stats.otherMs)
      parts.backend.push(stats.verifyMs - runtimeMs)
      if (outside.length >= rounds) break
    }
    return {
      rounds: outside.length,
      outsideMs: median(outside),
      outsideMs90: quantile(outside, 0.9),
      draftMs: median(parts.draft),
      decodeMs: median(parts.decode),
      backendMs: median(parts.backend),
    }
  } finally {
    stopwatch.restore()
  }
}

/** Adds up the time of all calls of the runtime. */
function watchRuntime(): { take(): number; restore(): void } {
  const prototype = (ort.InferenceSession as unknown as { prototype: { run(...args: unknown[]): Promise<unknown> } })
    .prototype
  const { run } = prototype
  let sum = 0
  prototype.run = async function (this: unknown, ...args) {
    const start = performance.now()
    try {
      return await run.apply(this, args)
    } finally {
      sum += performance.now() - start
    }
  }
  return {
    take() {
      const taken = sum
      sum = 0
      return taken
    },
    restore() {
      prototype.run = run
    },
  }
}
