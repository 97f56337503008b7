/** What an engine may use. */
export interface EngineSetup {
  readonly threads: number
  /** Tokens that one generation may reach. */
  readonly contextLength: number
  /** Prepared folder of this engine's model. */
  readonly folder: string
  /** The checkpoint as GGUF. */
  readonly gguf: string
  /** The checkpoint as transformers.js reads it. */
  readonly onnx: string
  /**
   * What follows the engine's name: a weight type of transformers.js, `inline` for this engine without its worker, `lookup` or
   * `draft` for how llama speculates.
   */
  readonly variant: string
  /** Composition that this engine speculates with. Default: none, plain decoding. */
  readonly composition?: string
  /** GGUF of the model that drafts for llama. */
  readonly draftGguf?: string
}

/** One generation, timed in the engine's own process. */
export interface Timing {
  readonly tokenIds: readonly number[]
  /** From the call to the first token: the prompt's prefill. */
  readonly firstMs: number
  /** From the first token to the last. */
  readonly restMs: number
}

/** A loaded model. */
export interface Engine {
  /**
   * Greedy: `count` tokens after `prompt`, whose tokens are not cached.
   * @param stops Tokens that end the run, the last ones in it. Default: none does.
   */
  generate(prompt: Int32Array, count: number, stops?: readonly number[]): Promise<Timing>
  /** What the engine itself counted of its speculation since it was opened. */
  predictions?(): Readonly<Record<string, number>>
}

/** A module of this folder: `load` imports the engine's code, which is not timed; what it gives opens a model, which is. */
export interface EngineModule {
  load(): Promise<{ readonly version: string; open(setup: EngineSetup): Promise<Engine> }>
}

/** Notes when tokens arrive. */
export function stopwatch(): { token(id: number): number; timing(): Timing } {
  const start = performance.now()
  const tokenIds: number[] = []
  let first = start
  let last = start
  return {
    token(id) {
      last = performance.now()
      if (tokenIds.length === 0) first = last
      return tokenIds.push(id)
    },
    timing: () => ({ tokenIds, firstMs: first - start, restMs: last - first }),
  }
}
