import { type Constraint, constrain, type Vocabulary } from '@foretoken/constraint'
import { jsonSchema, type Schema } from '@foretoken/constraint-json-schema'

/** An engine that masks tokens by JSON Schemas, as MaskBench drives one. Calls of others' engines may wait. */
export interface MaskEngine {
  readonly name: string
  /** @throws For a schema that it refuses. */
  compile(schema: Schema): CompiledSchema | Promise<CompiledSchema>
}

export interface CompiledSchema {
  /** Begins a text. */
  start(): Follower | Promise<Follower>
  /** Distinct states seen so far, where the engine counts them. */
  states(): number
  dispose(): void
}

/** Follows one text. */
export interface Follower {
  /** Computes the whole mask of this place and looks a token up in it. */
  allows(token: number): boolean | Promise<boolean>
  advance(token: number): void
  /** Whether the text may end here. */
  isComplete(): boolean | Promise<boolean>
  dispose(): void
}

const nothing = (): void => undefined

/** This engine. */
export function foretokenEngine(words: Vocabulary, order: 'schema' | 'free'): MaskEngine {
  return {
    name: 'foretoken',
    compile(schema) {
      const constraint: Constraint = constrain(jsonSchema(schema, { order }), words)
      return { start: () => followerOf(constraint), states: () => constraint.stateCount, dispose: nothing }
    },
  }
}

function followerOf(constraint: Constraint): Follower {
  const matcher = constraint.matcher()
  return {
    allows: (token) => ((matcher.mask()[token >> 5]! >> (token & 31)) & 1) === 1,
    advance: (token) => matcher.advance(token),
    isComplete: () => matcher.isComplete,
    dispose: nothing,
  }
}
