import { capped, type Drafter, decode, generate, type Model, SPEC_VERSION } from '@foretoken/core'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { exactMatch } from '@foretoken/verifier-exact-match'
import ort from 'onnxruntime-node'
import { median, quantile } from './statistics.ts'

/** Milliseconds of one round spent in JavaScript, outside the runtime's forward pass. */
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

/** Levels that prompt lookup drafts in a round. */
const LEVELS = 4

/** Levels of the sampled rounds: with the last committed token, eight rows. */
const SAMPLED_LEVELS = 7

/** How the rounds decode. */
interface Rounds {
  readonly prompt: Int32Array
  readonly rounds: number
  readonly drafter: Drafter
  readonly temperature: number
}

/** Decodes greedily with prompt lookup and takes the runtime's time away. The model must run in this thread. */
export function roundCost(model: Model, prompt: Int32Array, rounds: number): Promise<RoundCost> {
  return costOf(model, { prompt, rounds, drafter: capped(promptLookup(), LEVELS), temperature: 0 })
}

/**
 * The same at temperature 1, at its dearest: every round drafts seven tokens that are all accepted, so eight laws are made
 * of logits and drawn from. The model must run in this thread.
 */
export async function sampledRoundCost(model: Model, prompt: Int32Array, rounds: number): Promise<RoundCost> {
  model.rewind(0)
  const room = model.contextLength - prompt.length
  const maxTokens = Math.min(room, (rounds + 1) * (SAMPLED_LEVELS + 1))
  const { tokenIds } = await generate({ model, prompt, maxTokens, temperature: 1 })
  return costOf(model, { prompt, rounds, drafter: knownChain(tokenIds), temperature: 1 })
}

/** Drafts what plain decoding gave. */
function knownChain(answer: Int32Array): Drafter {
  let done = 0
  return {
    manifest: { specVersion: SPEC_VERSION, kind: 'drafter', name: 'known-chain', requires: [] },
    begin() {
      done = 0
    },
    draft: (room) => ({
      tokens: answer.slice(done, done + Math.min(room, SAMPLED_LEVELS)),
      q: { kind: 'point-mass' },
    }),
    commit({ tokens }) {
      done += tokens.length
    },
    dispose() {},
    async [Symbol.asyncDispose]() {},
  }
}

async function costOf(model: Model, { prompt, rounds, drafter, temperature }: Rounds): Promise<RoundCost> {
  const stopwatch = watchRuntime()
  try {
    const outside: number[] = []
    const parts = { draft: [] as number[], decode: [] as number[], backend: [] as number[] }
    let isPrefill = true
    model.rewind(0)
    for await (const { stats } of decode({ model, prompt, drafter, verifier: exactMatch(), temperature })) {
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
