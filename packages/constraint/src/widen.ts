import { EMPTY_TEXT, type Regex, type Regexes } from './regexes.ts'

/** A regex without its larger bounds, and up to how many bytes it cannot be told from the original. */
export interface Widened {
  readonly regex: Regex
  readonly slack: number
}

/** Bounds up to this one are kept. */
const KEPT = 8

/**
 * `x{3,200}` and `x{0,90}` let the same short tokens through: replaces large bounds by none, so that regexes that differ
 * in them share what is known. Only where residuals are never empty unawares, since an intersection may depend on bounds.
 */
export function widened(regexes: Regexes): (regex: Regex) => Widened {
  const known = new Map<Regex, Widened>()
  const compute = (regex: Regex): Widened => {
    const node = regexes.nodeOf(regex)
    if (!regexes.isPlain(regex)) return { regex, slack: Infinity }
    if (node.kind === 'concat') {
      const [head, tail] = [widen(node.head), widen(node.tail)]
      return { regex: regexes.concat(head.regex, tail.regex), slack: Math.min(head.slack, tail.slack) }
    }
    if (node.kind === 'or') {
      const parts = node.parts.map(widen)
      return { regex: regexes.or(parts.map((part) => part.regex)), slack: Math.min(...parts.map((part) => part.slack)) }
    }
    if (node.kind !== 'repeat') return { regex, slack: Infinity }
    const body = widen(node.body)
    const isFar = node.min > KEPT
    const isBounded = node.max > KEPT && node.max !== Infinity
    const slack = Math.min(body.slack, isFar ? node.min - 1 : Infinity, isBounded ? node.max : Infinity)
    if (isFar) return { regex: regexes.concat(regexes.repeat(body.regex, 0, Infinity), regexes.beyond), slack }
    return { regex: regexes.repeat(body.regex, node.min, isBounded ? Infinity : node.max), slack }
  }
  const widen = (regex: Regex): Widened => {
    const found = known.get(regex)
    if (found) return found
    const made = compute(regex)
    known.set(regex, made)
    return made
  }
  return widen
}

/** Takes exclusions away from where a regex begins. */
export function relaxedBy(regexes: Regexes): (regex: Regex) => Regex {
  const relax = (regex: Regex): Regex => {
    const node = regexes.nodeOf(regex)
    if (node.kind === 'except') return node.body
    if (node.kind === 'concat') {
      const head = relax(node.head)
      return head === node.head ? regex : regexes.concat(head, node.tail)
    }
    if (node.kind !== 'or') return regex
    const parts = node.parts.map(relax)
    return parts.every((part, i) => part === node.parts[i]) ? regex : regexes.or(parts)
  }
  return relax
}

/** A regex without the bound on what it counts, and what that leaves to be checked. */
export interface Freed {
  readonly free: Regex
  readonly max: number
  /** Units that some text of a residual of `free` begins, a short one; Infinity where nobody can tell. */
  needOf(rest: Regex): number
}

/**
 * Takes the bound from an intersection at the beginning of a regex. As long as `max` units are more than a token's and those that
 * any rest needs, the same tokens are let through.
 */
export function freed(regexes: Regexes): (regex: Regex) => Freed | undefined {
  return (regex) => {
    if (regexes.isPlain(regex)) return undefined
    const node = regexes.nodeOf(regex)
    const [head, tail] = node.kind === 'concat' ? [node.head, node.tail] : [regex, EMPTY_TEXT]
    const counted = regexes.countedOf(head)
    if (!counted) return undefined
    const needOf = (rest: Regex): number => {
      const mine = before(regexes, rest, tail)
      return mine === undefined ? Infinity : (regexes.need(mine, counted.unit, NEAR) ?? Infinity)
    }
    return { free: regexes.concat(counted.free, tail), max: counted.max, needOf }
  }
}

/** Texts with up to so many units are short. */
const NEAR = 16

/** What stands before `tail`: the empty text within it. Undefined where they cannot be told apart. */
function before(regexes: Regexes, rest: Regex, tail: Regex): Regex | undefined {
  const heads: Regex[] = []
  let at = rest
  for (let node = regexes.nodeOf(at); at !== tail && node.kind === 'concat'; node = regexes.nodeOf(at)) {
    heads.push(node.head)
    at = node.tail
  }
  if (at === tail) return regexes.concat(...heads)
  if (tail === EMPTY_TEXT) return rest
  return at === EMPTY_TEXT ? EMPTY_TEXT : undefined
}
