import { type Drafter, generate } from '@foretoken/core'
import { toyModel } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { speculative } from './speculative.ts'

/** Drafts one token and notes how many logits it was shown. */
function reader(shown: number[], requires: Drafter['manifest']['requires']): Drafter {
  return {
    manifest: { specVersion: 1, kind: 'drafter', name: 'reader', requires },
    begin() {},
    draft: () => ({ tokens: Int32Array.of(1), q: { kind: 'point-mass' } }),
    commit: ({ output }) => void shown.push(output.logits.length),
    dispose() {},
    async [Symbol.asyncDispose]() {},
  }
}

it('shows the logits of greedy rounds to a drafter that requires them, and to nobody else', async () => {
  for (const requires of [['logits:all-positions'], []] as const) {
    const shown: number[] = []
    await using model = toyModel({ vocabularySize: 4 })
    const parts = speculative({ drafters: [reader(shown, requires)] })
    await generate({ model, prompt: Int32Array.of(1, 2), ...parts, maxTokens: 12 })
    expect(shown.length).toBeGreaterThan(0)
    expect(shown.every((length) => length > 0)).toBe(requires.length > 0)
  }
})
