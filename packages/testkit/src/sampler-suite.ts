import type { Sampler } from '@foretoken/core'
import { check, checkEqual, checkNear } from './assertions.ts'
import type { Runner } from './runner.ts'
import { numbers, randomLaw } from './toy-laws.ts'
import { lawOverUniforms } from './uniform-cells.ts'

export interface SamplerSuiteOptions {
  readonly create: () => Sampler
  /** Default `sampler`. */
  readonly name?: string
}

const LAST = 1 - 2 ** -53

/**
 * The contract of `Sampler`: over a uniform `u` it follows the law exactly, it never gives an impossible token, and it changes
 * and remembers nothing.
 */
export function testSampler(runner: Runner, { create, name = 'sampler' }: SamplerSuiteOptions): void {
  runner.describe(name, () => {
    runner.it('follows the law exactly', async () => {
      for (let seed = 0; seed < 20; seed++) {
        const next = numbers(seed)
        const size = 2 + Math.floor(next() * 5)
        const law = randomLaw(size, next, 1 + Math.floor(next() * size))
        const sampler = create()
        const drawn = await lawOverUniforms((uniform) => String(sampler(law, uniform('u'))), { grid: 64 })
        const shares = Array.from(law, (_, token) => drawn.get(String(token)) ?? 0)
        checkNear(shares, law, 1e-12, `The probability of each token of case ${seed}`)
      }
    })

    runner.it('gives possible tokens at both ends of the uniform', async () => {
      const sampler = create()
      for (const law of [[0, 0.5, 0.5, 0], [0, 1, 0], [1, 0], [0, 1], [1]]) {
        for (const u of [0, 2 ** -53, 0.5, LAST]) {
          const token = sampler(Float32Array.from(law), u)
          check(law[token]! > 0, `The sampler gave token ${token} of [${law.join(', ')}] at u = ${u}.`)
        }
      }
      // Rounding may leave a law a little below or above 1.
      for (const sum of [1 - 1e-6, 1 + 1e-6]) {
        const token = sampler(Float32Array.of(sum / 2, sum / 2, 0), LAST)
        check(token === 0 || token === 1, `The sampler gave token ${token} of a law that sums to ${sum}.`)
      }
    })

    runner.it('changes and remembers nothing', async () => {
      const sampler = create()
      const law = randomLaw(6, numbers(3))
      const before = law.slice()
      const tokens = [0.1, 0.6, 0.9].map((u) => sampler(law, u))
      checkEqual(law.join(), before.join(), 'The law after drawing')
      const again = [0.9, 0.1, 0.6].map((u) => sampler(law, u))
      checkEqual([again[1], again[2], again[0]].join(), tokens.join(), 'The tokens drawn with the same uniforms again')
    })
  })
}
