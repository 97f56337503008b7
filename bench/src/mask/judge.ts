import type { CutCase } from './cut.ts'
import type { CompiledSchema, MaskEngine } from './engine.ts'

/** What became of a schema. */
export interface Verdict {
  readonly name: string
  readonly compileMs: number
  /** Compiling and the mask at the beginning of a text. */
  readonly firstMaskMs: number
  /** Instances that are accepted though invalid, and the reverse. */
  readonly falseAccepts: readonly string[]
  readonly falseRejects: readonly string[]
  readonly compileError?: string
  readonly states: number
  /** Longest of the masks. */
  readonly maskMaxUs: number
  /** When it began, in ms by the process's clock. */
  readonly maskMaxAtMs: number
  /** How much of it the garbage collector took, where that was watched. */
  readonly maskMaxCollectorUs?: number
}

interface Longest {
  us: number
  atMs: number
}

/** Compiles a schema and follows its instances. @param times Takes the time of each mask with its advance, in µs. */
export async function judge(each: CutCase, engine: MaskEngine, times: number[]): Promise<Verdict> {
  const falseAccepts: string[] = []
  const falseRejects: string[] = []
  const longest: Longest = { us: 0, atMs: 0 }
  const started = performance.now()
  let compileMs = 0
  let firstMaskMs = 0
  let compiled: CompiledSchema | undefined
  let compileError: string | undefined
  try {
    compiled = await engine.compile(each.schema)
    compileMs = performance.now() - started
    const follower = await compiled.start()
    await follower.allows(0)
    firstMaskMs = performance.now() - started
    follower.dispose()
    for (const { valid, tokens, description } of each.tests) {
      const isAccepted = await follow(compiled, tokens, times, longest)
      if (isAccepted && !valid) falseAccepts.push(description)
      if (!isAccepted && valid) falseRejects.push(description)
    }
  } catch (error) {
    compileError = error instanceof Error ? error.message : String(error)
    if (compileMs === 0) compileMs = performance.now() - started
  }
  const states = compiled?.states() ?? 0
  compiled?.dispose()
  return {
    name: each.name,
    compileMs,
    firstMaskMs,
    falseAccepts,
    falseRejects,
    states,
    maskMaxUs: longest.us,
    maskMaxAtMs: longest.atMs,
    ...(compileError !== undefined && { compileError }),
  }
}

/** Whether every token of a text is in the mask before it, and the text may end. */
export async function follow(
  compiled: CompiledSchema,
  tokens: ArrayLike<number>,
  times: number[] = [],
  longest: Longest = { us: 0, atMs: 0 },
): Promise<boolean> {
  const follower = await compiled.start()
  try {
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i]!
      const started = performance.now()
      const answer = follower.allows(token)
      const isAllowed = typeof answer === 'boolean' ? answer : await answer
      if (isAllowed) follower.advance(token)
      const us = (performance.now() - started) * 1000
      times.push(us)
      if (us > longest.us) [longest.us, longest.atMs] = [us, started]
      if (!isAllowed) return false
    }
    return await follower.isComplete()
  } finally {
    follower.dispose()
  }
}

export const most = (times: readonly number[]): number => times.reduce((longest, each) => Math.max(longest, each), 0)

export const isRight = ({ compileError, falseAccepts, falseRejects }: Verdict): boolean =>
  compileError === undefined && falseAccepts.length + falseRejects.length === 0
