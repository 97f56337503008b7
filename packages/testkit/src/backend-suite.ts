import { argmax, type Model } from '@foretoken/core'
import { check, checkEqual, checkNear } from './assertions.ts'
import { testBackendErrors } from './backend-errors.ts'
import { type Compare, comparison, feedChain, firstRows, rowAt } from './backend-feeding.ts'
import { testBackendForks, testBackendRewind, testBackendTrees } from './backend-state.ts'
import { leakChecked } from './leak-checked.ts'
import { type Runner, skip } from './runner.ts'
import { randomTokens } from './toy-laws.ts'

export interface BackendSuiteOptions {
  /** A fresh, empty model for each test. The suite disposes it. */
  readonly create: () => Model | Promise<Model>
  /** Default `backend`. */
  readonly name?: string
  /** Tokens fed in the tests of rows, at most. Default 40. */
  readonly tokens?: number
  /** Rows fed at a time. Default 1, 2, 3, 4, 8, 17, 64. */
  readonly splits?: readonly number[]
  /** Largest difference of logits where the model does not declare `rows:exact`. Default 1e-3. */
  readonly tolerance?: number
  /** Contexts up to this length are filled to the brim. Default 512. */
  readonly fillUpTo?: number
}

/** What a test of the backend suite gets. */
export interface BackendCase {
  readonly model: Model
  readonly context: unknown
  readonly compare: Compare
  /** Random tokens that leave room for 8 more, [up to `options.tokens`]. */
  readonly tokens: Int32Array
}

export type BackendTest = (name: string, body: (given: BackendCase) => Promise<void>) => void

/**
 * The contract of `Model`: rows do not depend on what is fed with them, trees equal chains, `step` keeps nothing, `commit`,
 * `rewind` and `fork` mean what they say, refusals leave the model as it was, and nothing stays open.
 * What a model does not declare in `supports` is skipped with the reason.
 * @example
 * testBackend({ describe, it }, { create: () => loadModel(folder) })
 */
export function testBackend(runner: Runner, options: BackendSuiteOptions): void {
  const { name = 'backend', tolerance = 1e-3 } = options
  const test: BackendTest = (title, body) => {
    runner.it(title, async (context) => {
      const { model, leaks } = leakChecked(await options.create())
      try {
        const length = Math.min(options.tokens ?? 40, model.contextLength - 8)
        const tokens = randomTokens(length, model.vocabularySize, 1)
        await body({ model, context, compare: comparison(model, tolerance), tokens })
      } finally {
        await model.dispose()
      }
      checkEqual(leaks.live(), 0, 'The number of open states at the end')
    })
  }
  runner.describe(name, () => {
    testRows(test, options)
    testBackendTrees(test)
    testBackendRewind(test)
    testBackendForks(test)
    testBackendErrors(test)
  })
}

function testRows(test: BackendTest, { splits = [1, 2, 3, 4, 8, 17, 64], fillUpTo = 512 }: BackendSuiteOptions): void {
  test('begins empty and states its limits', async ({ model }) => {
    checkEqual(model.length, 0, 'The length of a fresh model')
    for (const key of ['vocabularySize', 'contextLength', 'maximumRows'] as const) {
      check(Number.isInteger(model[key]) && model[key] > 0, `${key} is ${model[key]}; expected a positive integer.`)
    }
  })

  test('gives the same rows for every split', async ({ model, compare, tokens, context }) => {
    if (!model.supports.has('kv:rewind')) return skip(context, 'the model does not support kv:rewind')
    const expected = await feedChain(model, tokens, 1)
    check(expected.every(Number.isFinite), 'Logits must be finite.')
    for (const split of splits) {
      model.rewind(0)
      compare(await feedChain(model, tokens, split), expected, `logits fed ${split} at a time`)
    }
  })

  test('gives the same rows in uneven steps', async ({ model, compare, tokens, context }) => {
    if (!model.supports.has('kv:rewind')) return skip(context, 'the model does not support kv:rewind')
    const expected = await feedChain(model, tokens, 1)
    model.rewind(0)
    for (
      let from = 0, rows = 1;
      from < tokens.length;
      from += rows, rows = Math.min((rows % 7) + 2, model.maximumRows)
    ) {
      const chunk = tokens.subarray(from, from + rows)
      const got = (await feedChain(model, chunk, chunk.length)).slice()
      const wanted = expected.subarray(from * model.vocabularySize, (from + chunk.length) * model.vocabularySize)
      compare(got, wanted, `logits from ${from}`)
    }
  })

  test('keeps nothing of a step', async ({ model, compare, tokens }) => {
    const few = tokens.subarray(0, Math.min(3, model.maximumRows))
    const first = (await model.step({ tokens: few })).logits.slice()
    checkEqual(model.length, 0, 'The length after a step')
    compare((await model.step({ tokens: few })).logits, first, 'logits of the same step again')
  })

  test('gives logits for the asked rows only', async ({ model, compare, tokens }) => {
    const few = tokens.subarray(0, Math.min(5, model.maximumRows))
    const { vocabularySize } = model
    const all = (await model.step({ tokens: few })).logits.slice()
    for (const asked of [[], [few.length - 1], [0], [0, few.length - 1]]) {
      const logitsFor = Int32Array.from(new Set(asked))
      const { logits } = await model.step({ tokens: few, logitsFor })
      checkEqual(logits.length, logitsFor.length * vocabularySize, `Length of the logits for [${asked.join(', ')}]`)
      for (const [at, row] of logitsFor.entries()) {
        compare(rowAt(logits, at, vocabularySize), rowAt(all, row, vocabularySize), `logits asked for row ${row}`)
      }
    }
  })

  test('gives the most probable tokens of the asked rows', async ({ model, tokens }) => {
    const few = tokens.subarray(0, Math.min(5, model.maximumRows))
    const { vocabularySize } = model
    const all = (await model.step({ tokens: few })).logits.slice()
    for (const asked of [[], [0], [0, few.length - 1]]) {
      const logitsFor = Int32Array.from(new Set(asked))
      const output = await model.step({ tokens: few, logitsFor, wants: 'argmax' })
      const best = Int32Array.from(logitsFor, (row) => argmax(rowAt(all, row, vocabularySize)))
      if (output.argmax) checkEqual(output.argmax.join(), best.join(), 'The most probable tokens')
      else checkEqual(output.logits.length, best.length * vocabularySize, 'Length of the logits without argmax')
    }
  })

  test('commits after a step without logits', async ({ model, compare, tokens, context }) => {
    if (!model.supports.has('kv:rewind')) return skip(context, 'the model does not support kv:rewind')
    const chunk = tokens.subarray(0, Math.min(6, model.maximumRows))
    const next = tokens.subarray(chunk.length, chunk.length + 1)
    await feedChain(model, chunk, 1)
    const expected = (await model.step({ tokens: next })).logits.slice()
    model.rewind(0)
    await model.step({ tokens: chunk, logitsFor: new Int32Array(0) })
    model.commit(firstRows(chunk.length))
    checkEqual(model.length, chunk.length, 'The length after a commit')
    compare((await model.step({ tokens: next })).logits, expected, 'logits behind a silent step')
  })

  test('commits a part of a chain', async ({ model, compare, tokens }) => {
    const rows = Math.min(4, model.maximumRows)
    await model.step({ tokens: tokens.subarray(0, rows) })
    model.commit(firstRows(1))
    checkEqual(model.length, 1, 'The length after committing one row')
    const next = tokens.subarray(1, 2)
    const got = (await model.step({ tokens: next })).logits.slice()
    model.commit(new Int32Array(0))
    checkEqual(model.length, 1, 'The length after committing no row')
    compare((await model.step({ tokens: next })).logits, got, 'logits after an empty commit')
  })

  test('fills its context to the last position', async ({ model, context }) => {
    if (model.contextLength > fillUpTo) return skip(context, `the context is longer than ${fillUpTo}`)
    const tokens = randomTokens(model.contextLength, model.vocabularySize, 2)
    await feedChain(model, tokens, model.maximumRows)
    checkEqual(model.length, model.contextLength, 'The length of a full model')
  })

  test('gives logits that differ by context', async ({ model, tokens }) => {
    const { vocabularySize } = model
    const logits = await feedChain(model, tokens.subarray(0, 4), 1)
    let same = 0
    for (let x = 0; x < vocabularySize; x++) if (logits[x] === logits[vocabularySize + x]) same++
    check(same < vocabularySize || tokens[0] === tokens[1], 'Two contexts have the same logits to the last bit.')
    checkNear([model.length], [4], 0, 'The length')
  })
}
