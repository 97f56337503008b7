import type { FromSchema, Json, Schema } from '@foretoken/constraint-json-schema'
import type { StandardTypedV1 } from '@standard-schema/spec'

/** A Standard Schema (Zod, Valibot, ArkType, …) or a JSON Schema. */
export type ObjectSchema = StandardTypedV1 | Schema

/** What a schema makes of a text: a Standard Schema's output; of a literal JSON Schema what `FromSchema` knows. */
export type ValueOf<S> = S extends StandardTypedV1 ? StandardTypedV1.InferOutput<S> : FromSchema<S>

/** What a text may hold before a Standard Schema transforms it. */
export type InputOf<S> = S extends StandardTypedV1 ? StandardTypedV1.InferInput<S> : FromSchema<S>

/** A beginning of a value: strings may be cut, arrays and objects may lack what comes later, numbers and words are whole. */
export type PartialValue<T> = T extends string
  ? string
  : T extends readonly (infer Item)[]
    ? PartialValue<Item>[]
    : T extends object
      ? { [Key in keyof T]?: PartialValue<T[Key]> }
      : T extends boolean | number | null | undefined
        ? T
        : Json
