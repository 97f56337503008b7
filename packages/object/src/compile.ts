import { type Constraint, constrain, type TokenSource, type Vocabulary, vocabulary } from '@foretoken/constraint'
import { type JsonSchemaOptions, jsonSchema, type Schema } from '@foretoken/constraint-json-schema'
import { badOption } from '@foretoken/core'

/** Compiled schemas kept for a vocabulary, the latest used: each holds its masks. */
const KEPT = 16

interface Prepared {
  readonly vocabulary: Vocabulary
  readonly constraints: Map<string, Constraint>
}

/** What follows from a tokenizer alone, kept as long as that is. */
const known = new WeakMap<TokenSource, Prepared>()

function preparedFor(tokenizer: TokenSource): Prepared {
  const found = known.get(tokenizer)
  if (found) return found
  if (tokenizer.stopTokens.length === 0) {
    throw badOption('object', 'tokenizer', 'has no stop tokens', 'a tokenizer whose texts can end')
  }
  const made = { vocabulary: vocabulary(tokenizer), constraints: new Map<string, Constraint>() }
  known.set(tokenizer, made)
  return made
}

/** The constraint known by `key`, made when it is new; without a key it is not kept. */
export function compiled(
  tokenizer: TokenSource,
  key: string | undefined,
  make: (vocabulary: Vocabulary) => Constraint,
): Constraint {
  const { vocabulary, constraints } = preparedFor(tokenizer)
  if (key === undefined) return make(vocabulary)
  const constraint = constraints.get(key) ?? make(vocabulary)
  constraints.delete(key)
  constraints.set(key, constraint)
  if (constraints.size > KEPT) constraints.delete(constraints.keys().next().value!)
  return constraint
}

/** One blank after commas and colons, so that whole keys are forced, and what the caller wants otherwise. */
export const layoutOf = (options: JsonSchemaOptions = {}): JsonSchemaOptions => ({ whitespace: 'single', ...options })

/** A schema ready for a tokenizer. Schemas of equal text share what is learned. */
export function compiledSchema(tokenizer: TokenSource, schema: Schema, options: JsonSchemaOptions): Constraint {
  const { bestEffort, remotes, ...plain } = options
  const isKept = bestEffort === undefined && remotes === undefined
  const key = isKept ? JSON.stringify([schema, Object.entries(plain).sort()]) : undefined
  return compiled(tokenizer, key, (words) => constrain(jsonSchema(schema, options), words))
}
