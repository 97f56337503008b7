import type { Draft, Drafter, Draws } from '@foretoken/core'
import { type KeyedUniform, lawOverUniforms, toyModel } from '@foretoken/testkit'

/** A draft and how often it is written. */
export interface Drafted {
  readonly draft: Draft
  readonly probability: number
}

/** Tells uniforms whose values are compared with each other from those that choose a token. */
export type IsValue = (offset: number, index: number) => boolean

export interface DraftedOptions {
  readonly drafter: Drafter
  readonly vocabularySize: number
  /** Everything before the draft. */
  readonly context: readonly number[]
  readonly room: number
  /** Default: no uniform is. */
  readonly isValue?: IsValue | undefined
}

/**
 * Every draft that a drafter writes after a context, with its exact probability: the drafter itself runs over all its uniforms.
 * Where it compares values that are uniforms of their own (stochastic beam search), the tokens are enumerated, and the first of
 * the values is integrated by Gauss and Legendre's rule: the law of what is left is a smooth function of it.
 */
export async function everyDrafted(options: DraftedOptions): Promise<Drafted[]> {
  const { drafter, vocabularySize, context, room, isValue } = options
  const found = new Map<string, Draft>()
  const target = toyModel({ vocabularySize })

  async function write(uniform: Draws['uniform']): Promise<string> {
    await drafter.begin(Int32Array.from(context), target)
    const draft = await drafter.draft(room, { uniform })
    const key = `${draft.tokens.join(',')} ${draft.parents?.join(',') ?? ''}`
    if (!found.has(key)) found.set(key, structuredClone(draft))
    return key
  }

  const law = isValue
    ? await lawOfValues(write, isValue)
    : await lawOverUniforms((uniform) => write(keyed(uniform)), { grid: 2 })
  return Array.from(law, ([key, probability]) => ({ draft: found.get(key)!, probability }))
}

const keyOf = (offset: number, index: number): string => `${offset} ${index}`

const keyed =
  (uniform: KeyedUniform): Draws['uniform'] =>
  (offset, index = 0) =>
    uniform(keyOf(offset, index))

/** The law of drafts whose form depends on values: tokens first, then the values of each choice of tokens. */
async function lawOfValues(
  write: (uniform: Draws['uniform']) => Promise<string>,
  isValue: IsValue,
): Promise<Map<string, number>> {
  /** Uniforms that give each choice of tokens, and the values asked for on the way. */
  const choices = new Map<string, { tokens: Map<string, number>; values: string[] }>()
  const choose = async (uniform: KeyedUniform): Promise<string> => {
    const tokens = new Map<string, number>()
    const values: string[] = []
    const forms: string[] = []
    // Each value at both its ends, so that every token shows that any values may keep.
    for (let ends = 0; ends === 0 || ends < 2 ** values.length; ends++) {
      const form = await write((offset, index = 0) => {
        const key = keyOf(offset, index)
        if (!isValue(offset, index)) tokens.set(key, uniform(key))
        else if (!values.includes(key)) values.push(key)
        return tokens.get(key) ?? ((ends >> values.indexOf(key)) & 1 ? 1 - 2 ** -53 : Number.MIN_VALUE)
      })
      forms.push(form)
    }
    const key = forms.join(' | ')
    if (!choices.has(key)) choices.set(key, { tokens, values })
    return key
  }
  const law = new Map<string, number>()
  for (const [key, probability] of await lawOverUniforms(choose, { grid: 2 })) {
    const { tokens, values } = choices.get(key)!
    for (const { at, weight } of GAUSS) {
      const fixed = new Map(tokens)
      if (values[0] !== undefined) fixed.set(values[0], at)
      const rest = await lawOverUniforms(
        (uniform) => write((offset, index = 0) => fixed.get(keyOf(offset, index)) ?? uniform(keyOf(offset, index))),
        { grid: 1 },
      )
      for (const [form, share] of rest) law.set(form, (law.get(form) ?? 0) + probability * weight * share)
    }
  }
  return law
}

/** Nodes and weights on [0, 1] for u = s⁴: powers of u, however small, become smooth in s. */
const GAUSS = gauss(14).map(({ at, weight }) => ({ at: at ** 4, weight: 4 * weight * at ** 3 }))

/** Gauss and Legendre's rule on [0, 1]: roots of P_n by Newton's method. */
function gauss(n: number): { at: number; weight: number }[] {
  return Array.from({ length: n }, (_, i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5))
    let slope = 1
    for (let step = 0; step < 50; step++) {
      let [before, now] = [1, x]
      for (let k = 2; k <= n; k++) [before, now] = [now, ((2 * k - 1) * x * now - (k - 1) * before) / k]
      slope = (n * (before - x * now)) / (1 - x * x)
      x -= now / slope
    }
    return { at: (1 + x) / 2, weight: 1 / ((1 - x * x) * slope * slope) }
  })
}
