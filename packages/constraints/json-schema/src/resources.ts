import { notEnforceable } from '@foretoken/constraint'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }
export type Schema = boolean | JsonObject

/** A schema and where it stands. One for each schema object, so that it can be compared by identity. */
export interface Located {
  readonly id: number
  readonly schema: Schema
  /** URI that references are resolved against. */
  readonly base: string
  /** JSON pointer from the document's root, for messages. */
  readonly path: string
  readonly draft: number
  /** What dynamic references mean here: the resources that were entered on the way. */
  readonly scope: Scope
}

/** Dynamic anchors of the resources entered so far, the outermost of each name. Equal scopes are one object. */
export interface Scope {
  readonly id: number
  readonly anchors: ReadonlyMap<string, Located>
}

/** Outside every resource. */
export const NO_SCOPE: Scope = { id: 0, anchors: new Map() }

export interface Resources {
  readonly root: Located
  /** A schema below another one. */
  child(parent: Located, schema: Json, ...keys: readonly (string | number)[]): Located
  /** @throws UNSUPPORTED for a reference that leads nowhere. */
  resolve(from: Located, reference: string): Located
  /** As `resolve`, but an anchor that is dynamic leads to the outermost of its name. */
  resolveDynamic(from: Located, reference: string): Located
}

const MAPS = ['$defs', 'definitions', 'properties', 'patternProperties', 'dependentSchemas', 'dependencies']
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const SINGLES =
  'items additionalItems additionalProperties propertyNames contains not if then else unevaluatedItems unevaluatedProperties contentSchema'.split(
    ' ',
  )

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function draftOf(schema: Schema, otherwise: number): number {
  const uri = isObject(schema) ? schema['$schema'] : undefined
  if (typeof uri !== 'string') return otherwise
  const draft = /draft-0(\d)/.exec(uri)
  return draft ? Number(draft[1]) : /2019-09/.test(uri) ? 2019 : 2020
}

const NOWHERE = 'foretoken:/'

/** Finds schemas by identifier, anchor and pointer. `remotes` are further documents by URI. */
export function resources(document: Schema, remotes: Readonly<Record<string, Schema>>, draft: number): Resources {
  const documents = new Map<string, Located>()
  const anchors = new Map<string, Located>()
  const known = new Map<JsonObject, Located>()
  const scopes = scopeStore()
  let count = 0
  const locate = (schema: Schema, base: string, path: string, draft: number): Located => {
    const found = isObject(schema) ? known.get(schema) : undefined
    if (found) return found
    const made = { id: count++, schema, base, path, draft, scope: NO_SCOPE }
    if (isObject(schema)) known.set(schema, made)
    return made
  }
  const index = (schema: Json, base: string, path: string, draft: number, isRoot = false): void => {
    if (typeof schema === 'boolean' && isRoot) documents.set(base, locate(schema, base, path, draft))
    if (!isObject(schema) || known.has(schema)) return
    const own = draftOf(schema, draft)
    const { id, anchor } = namesOf(schema, own)
    const here = id === undefined ? base : stripped(joined(base, id))
    const located = locate(schema, here, path, own)
    if (isRoot || here !== base) documents.set(here, located)
    if (isRoot) documents.set(base, located)
    for (const name of anchor) anchors.set(`${here}#${name}`, located)
    const dynamic = schema['$dynamicAnchor']
    if (typeof dynamic === 'string') scopes.declare(here, dynamic, located)
    for (const [key, child] of childrenOf(schema)) index(child, here, `${path}/${key}`, own)
  }
  index(document, NOWHERE, '', draftOf(document, draft), true)
  const root = documents.get(NOWHERE)!

  const documentAt = (uri: string): Located | undefined => {
    const found = documents.get(uri)
    if (found) return found
    const remote = remotes[uri]
    if (remote === undefined) return undefined
    index(remote, uri, uri, draftOf(remote, draft), true)
    return documents.get(uri)
  }
  const resolve = (from: Located, reference: string): Located => {
    const uri = joined(from.base, reference)
    const [address = '', fragment = ''] = uri.split('#')
    const refused = notEnforceable(`$ref ${reference}`, from.path, 'it leads to no schema that is at hand')
    const target = documentAt(address)
    if (!target) throw refused
    if (fragment === '') return target
    if (!fragment.startsWith('/')) {
      const named = anchors.get(`${address}#${decodeURIComponent(fragment)}`)
      if (!named) throw refused
      return named
    }
    let at: Json = target.schema
    let { base, draft } = target
    for (const part of fragment.slice(1).split('/')) {
      const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
      if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) throw refused
      at = (at as Record<string, Json>)[key]!
      const found = isObject(at) ? known.get(at) : undefined
      if (found) ({ base, draft } = found)
    }
    if (!isObject(at) && typeof at !== 'boolean') throw refused
    const path = target.path + fragment
    if (isObject(at) && !known.has(at)) index(at, base, path, draft)
    return locate(at, base, path, draft)
  }
  const scoped = new Map<string, Located>()
  /** The schema as it is met from a scope; it enters the resource that it stands in. */
  const within = (located: Located, from: Scope): Located => {
    const scope = scopes.entering(from, located.base)
    if (scope === NO_SCOPE) return located
    const key = `${located.id} ${scope.id}`
    const found = scoped.get(key) ?? { ...located, id: count++, scope }
    scoped.set(key, found)
    return found
  }
  return {
    root: within(root, NO_SCOPE),
    resolve: (from, reference) => within(resolve(from, reference), from.scope),
    resolveDynamic(from, reference) {
      const target = resolve(from, reference)
      const name = decodeURIComponent(reference.split('#')[1] ?? '')
      const isDynamic = isObject(target.schema) && target.schema['$dynamicAnchor'] === name
      const { scope } = within(target, from.scope)
      return within((isDynamic && scope.anchors.get(name)) || target, scope)
    },
    child: (parent, schema, ...keys) => {
      const path = [parent.path, ...keys].join('/')
      if (!isObject(schema) && typeof schema !== 'boolean') throw notEnforceable('A schema', path, 'it is none')
      return within(locate(schema, parent.base, path, parent.draft), parent.scope)
    },
  }
}

interface ScopeStore {
  declare(base: string, name: string, located: Located): void
  /** The scope after the resource at `base` was entered. */
  entering(scope: Scope, base: string): Scope
}

function scopeStore(): ScopeStore {
  const declared = new Map<string, Map<string, Located>>()
  const known = new Map<string, Scope>()
  return {
    declare(base, name, located) {
      const names = declared.get(base) ?? new Map<string, Located>()
      declared.set(base, names.set(name, located))
    },
    entering(scope, base) {
      const added = [...(declared.get(base) ?? [])].filter(([name]) => !scope.anchors.has(name))
      if (added.length === 0) return scope
      const anchors = new Map([...scope.anchors, ...added])
      const key = [...anchors]
        .map(([name, { id }]) => `${name} ${id}`)
        .sort()
        .join()
      const found = known.get(key) ?? { id: known.size + 1, anchors }
      known.set(key, found)
      return found
    },
  }
}

function namesOf(schema: JsonObject, draft: number): { readonly id?: string; readonly anchor: readonly string[] } {
  const id = schema[draft <= 4 ? 'id' : '$id']
  const anchor = [schema['$anchor'], schema['$dynamicAnchor']].filter((name) => typeof name === 'string')
  if (typeof id !== 'string' || (draft <= 7 && schema['$ref'] !== undefined)) return { anchor }
  return id.startsWith('#') ? { anchor: [...anchor, id.slice(1)] } : { id, anchor }
}

function childrenOf(schema: JsonObject): (readonly [string, Json])[] {
  const children: (readonly [string, Json])[] = []
  for (const key of MAPS) {
    const map = schema[key]
    if (isObject(map)) for (const name of Object.keys(map)) children.push([`${key}/${name}`, map[name]!])
  }
  for (const key of [...LISTS, 'items']) {
    const list = schema[key]
    if (Array.isArray(list)) for (const [i, each] of list.entries()) children.push([`${key}/${i}`, each])
  }
  for (const key of SINGLES) if (isObject(schema[key])) children.push([key, schema[key]])
  return children
}

function joined(base: string, reference: string): string {
  try {
    return new URL(reference, base).href
  } catch {
    return reference
  }
}

const stripped = (uri: string): string => uri.replace(/#.*$/, '')
