/** Tokens drawn from one law without replacement, and the perturbed values that stochastic beam search ranks them by. */
import { categorical } from '@foretoken/core'

/** A token to become a child. */
export interface Child {
  readonly token: number
  /** log q of the whole path, up to and with this token. */
  readonly phi: number
  /** Perturbed value: falls from sibling to sibling, and the first child's is its parent's. */
  readonly g: number
}

/** The parent's `phi` and `g`; 0 and 0 at the root. */
export type Parent = Pick<Child, 'phi' | 'g'>

/**
 * Draws up to `count` different tokens, in the order of sequential sampling: the first from `law`, each next one from what the
 * earlier ones leave. That is the order of log q plus Gumbel noise, largest first, without noise for the whole vocabulary.
 *
 * Their values are those of stochastic beam search (step 2 of RSD-S): the largest Gumbel value among tokens of joint mass m,
 * below a path of log-probability phi, has location phi + log m, and is known to lie below the one before it. By the
 * max-stability of the Gumbel law it is independent of which token attains it.
 * @param law [vocabularySize], sums to 1. Changed while drawing, and restored.
 * @param uniform Of child `j`: `kind` 0 chooses its token, 1 its value.
 * @returns Fewer where fewer tokens are possible.
 */
export function drawChildren(
  law: Float32Array,
  count: number,
  parent: Parent,
  uniform: (j: number, kind: 0 | 1) => number,
): Child[] {
  const children: Child[] = []
  const shares: number[] = []
  let { g } = parent
  for (let j = 0; j < count; j++) {
    const mass = sumOf(law)
    const token = mass > 0 ? categorical(law, uniform(j, 0), mass) : -1
    if (token < 0) break
    if (j > 0) g = gumbelBelow(g, parent.phi + Math.log(mass), uniform(j, 1))
    const share = law[token]!
    children.push({ token, phi: parent.phi + Math.log(share), g })
    shares.push(share)
    law[token] = 0
  }
  for (const [j, { token }] of children.entries()) law[token] = shares[j]!
  return children
}

/** A Gumbel value of the given location, given that it is at most `bound`: inverse of its distribution function at `u`. */
export function gumbelBelow(bound: number, location: number, u: number): number {
  // P(G <= g | G <= bound) = exp(exp(location − bound) − exp(location − g)).
  return location - Math.log(Math.exp(location - bound) - Math.log(Math.max(u, Number.MIN_VALUE)))
}

function sumOf(law: Float32Array): number {
  let sum = 0
  for (let i = 0; i < law.length; i++) sum += law[i]!
  return sum
}
