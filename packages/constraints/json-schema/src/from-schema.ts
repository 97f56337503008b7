import type { Json } from './resources.ts'

/**
 * The type of the values of a schema that TypeScript knows literally (`as const`): `type`, `enum`, `const`, `properties` with
 * `required`, `items`, `anyOf`, `oneOf`. `Json` for whatever else a schema says.
 */
export type FromSchema<S> = S extends { readonly const: infer Value }
  ? Value
  : S extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : S extends { readonly anyOf: readonly (infer Branch)[] } | { readonly oneOf: readonly (infer Branch)[] }
      ? FromSchema<Branch>
      : S extends { readonly type: readonly (infer Name)[] }
        ? OfType<Name, S>
        : S extends { readonly type: infer Name }
          ? OfType<Name, S>
          : Json

type OfType<Name, S> = Name extends 'string'
  ? string
  : Name extends 'number' | 'integer'
    ? number
    : Name extends 'boolean'
      ? boolean
      : Name extends 'null'
        ? null
        : Name extends 'array'
          ? OfItems<S>
          : Name extends 'object'
            ? OfProperties<S>
            : Json

type OfItems<S> = S extends { readonly prefixItems: unknown }
  ? Json[]
  : S extends { readonly items: infer Items }
    ? FromSchema<Items>[]
    : Json[]

type OfProperties<S> = S extends { readonly properties: infer Properties }
  ? Flat<
      { -readonly [Key in keyof Properties & Required<S>]: FromSchema<Properties[Key]> } & {
        -readonly [Key in Exclude<keyof Properties, Required<S>>]?: FromSchema<Properties[Key]>
      } & { [Key in Exclude<Required<S>, keyof Properties>]: Json }
    >
  : { [key: string]: Json }

type Required<S> = S extends { readonly required: readonly (infer Key extends string)[] } ? Key : never

type Flat<T> = { [Key in keyof T]: T[Key] }
