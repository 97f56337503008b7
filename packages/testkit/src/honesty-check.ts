import { type Drafter, ForetokenError, generate, SPEC_VERSION, type Verifier } from '@foretoken/core'
import { check, checkTokens } from './assertions.ts'
import { toyModel } from './toy-model.ts'

const DRAFTER = 'braggart'
/** Rows that are no law although token 1, which is drafted, has a sensible probability in each: one sums to 2, one is negative in a place. */
const ROWS = [
  [0, 1, 1, 0, 0],
  [0.6, 0.9, -0.5, 0, 0],
]

function braggart(row: readonly number[]): Drafter {
  return {
    manifest: { specVersion: SPEC_VERSION, kind: 'drafter', name: DRAFTER, requires: [] },
    begin() {},
    draft: () => ({ tokens: Int32Array.of(1), q: { kind: 'dense', rows: Float32Array.from(row) } }),
    commit() {},
    dispose() {},
    async [Symbol.asyncDispose]() {},
  }
}

/** @throws Unless a lossless verifier refuses rows that are no law by both methods' names, or pays no heed to them. */
export async function checkDishonesty(create: () => Verifier): Promise<void> {
  for (const row of ROWS) {
    const common = { prompt: Int32Array.of(1, 2, 3), temperature: 1, seed: 1, maxTokens: 40 }
    const plain = await generate({ ...common, model: toyModel({ vocabularySize: 5 }) })
    const verifier = create()
    try {
      const parts = { model: toyModel({ vocabularySize: 5 }), drafter: braggart(row), verifier }
      const { tokenIds } = await generate({ ...common, ...parts })
      checkTokens(tokenIds, plain.tokenIds, `The tokens after drafts by the law [${row.join(', ')}]`)
    } catch (error) {
      if (!ForetokenError.is(error)) throw error
      check(error.code === 'DISHONEST_DRAFT', `Such a law was refused with ${error.code}; expected DISHONEST_DRAFT.`)
      for (const name of [DRAFTER, verifier.manifest.name]) {
        check(error.message.includes(name), `"${error.message}" does not name ${name}.`)
      }
    }
  }
}
