import { type Regex, type Rule, rule, terminal } from '@foretoken/constraint'
import { bytesOf, captureOf, fewTexts, hasTexts, namesOfLists } from './count-texts.ts'
import type { EmitParts } from './emit.ts'
import type { ArrayShape } from './shapes.ts'

/** Items that there must be and of which there are few are told apart up to so many. */
const MOST_SCARCE = 64

/**
 * Items that differ: each excludes the texts before it, so only values with one spelling each can stand here.
 * @param otherwise Rules without that, where the caller leaves it unchecked.
 */
export function uniqueItems(
  parts: EmitParts,
  shape: ArrayShape,
  otherwise: (parts: EmitParts, shape: ArrayShape) => Rule | undefined,
): Rule | undefined {
  const { regexes, meaning, layout, canonical, options, resources } = parts
  const { prefix, contains, min, max } = shape
  const refused = (why: string): Rule | undefined => {
    options.refuse('uniqueItems', resources.root, why)
    return otherwise(parts, shape)
  }
  if (min > max) return undefined
  if (contains.length > 0) return refused('what items contain is not counted among different ones')
  const places = [...prefix, shape.items]
  const texts = places.map(canonical)
  const isLost = places.some((node, i) => regexes.isEmpty(texts[i]!) && meaning.isPossible(node))
  if (isLost) return refused('its items have no spelling that tells them apart')
  const itemAt = (index: number): Regex => texts[Math.min(index, prefix.length)]!
  if (!hasTexts(regexes, itemAt(Infinity), min - prefix.length)) return undefined
  const scarce = scarcePlaces(parts, shape, itemAt)
  if (scarce === undefined) return refused(`over ${MOST_SCARCE} of its items have few values`)
  if (!canDiffer(scarce, [])) return undefined
  const close = terminal(regexes.concat(layout.inside, regexes.literal(']')))
  const comma = terminal(regexes.concat(regexes.literal(','), layout.afterComma))
  /** Texts that would leave a later place without one. */
  const taken = (seen: readonly string[]): string[] => {
    const later = scarce.slice(seen.length + 1)
    const few = new Set(later.flatMap((each) => each ?? []))
    return [...few].filter((text) => !canDiffer(later, [...seen, text]))
  }
  const rules = new Map<string, Rule>()
  const nameOf = namesOfLists()
  const at = (seen: readonly string[]): Rule => {
    const key = nameOf(seen)
    const found = rules.get(key)
    if (found) return found
    const made = rule(`unique items ${seen.length}`, () => {
      const rest = regexes.except(itemAt(seen.length), [...seen, ...taken(seen)].map(bytesOf))
      const next = { kind: 'capture', follow: (text: string) => [at([...seen, text].sort())] } as const
      const isMore = seen.length < max && !regexes.isEmpty(rest)
      const more = isMore ? [[...(seen.length > 0 ? [comma] : []), terminal(rest), next]] : []
      return [...(seen.length >= min ? [[close]] : []), ...more]
    })
    rules.set(key, made)
    return made
  }
  return at([])
}

/** Texts by place; undefined where there are more than could be taken. */
type Scarce = readonly (readonly string[] | undefined)[]

/** Of the places that must be filled, those with few texts. Items behind a prefix are alike, and count for themselves. */
function scarcePlaces(
  { regexes }: EmitParts,
  { prefix, min }: ArrayShape,
  itemAt: (index: number) => Regex,
): Scarce | undefined {
  const places = prefix.length === 0 ? 0 : min
  if (places > MOST_SCARCE) return undefined
  return Array.from({ length: places }, (_, i) => fewTexts(regexes, itemAt(i), places)?.map(captureOf))
}

/** Whether each place can have a text of its own, none of them seen: an augmenting path for each (Kuhn 1955). */
function canDiffer(places: Scarce, seen: readonly string[]): boolean {
  const holder = new Map<string, number>()
  const place = (i: number, tried: Set<string>): boolean =>
    places[i]!.some((text) => {
      if (seen.includes(text) || tried.has(text)) return false
      tried.add(text)
      const other = holder.get(text)
      if (other !== undefined && !place(other, tried)) return false
      holder.set(text, i)
      return true
    })
  return places.every((texts, i) => texts === undefined || place(i, new Set()))
}
