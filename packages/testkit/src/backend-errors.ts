import { type ErrorCode, ForetokenError, type Model, type StepInput } from '@foretoken/core'
import { check, checkEqual, checkRefused } from './assertions.ts'
import { feedChain, firstRows } from './backend-feeding.ts'
import type { BackendTest } from './backend-suite.ts'
import { skip } from './runner.ts'
import { randomTokens } from './toy-laws.ts'

/** Steps that must be refused, by what is wrong with them. */
function badSteps(model: Model): [string, StepInput][] {
  const { vocabularySize, maximumRows } = model
  const cases: [string, StepInput][] = [
    ['A step without tokens', { tokens: new Int32Array(0) }],
    ['A token past the vocabulary', { tokens: Int32Array.of(vocabularySize) }],
    ['A negative token', { tokens: Int32Array.of(-1) }],
    ['More rows than maximumRows', { tokens: new Int32Array(maximumRows + 1) }],
    ['Logits of a row that is not fed', { tokens: Int32Array.of(0), logitsFor: Int32Array.of(1) }],
    ['Logits of a negative row', { tokens: Int32Array.of(0), logitsFor: Int32Array.of(-1) }],
    ['A row that is its own parent', { tokens: Int32Array.of(0), parents: Int32Array.of(0) }],
    ['Too few parents', { tokens: Int32Array.of(0), parents: new Int32Array(0) }],
  ]
  if (maximumRows < 2) return cases
  return [
    ...cases,
    ['A parent after its child', { tokens: Int32Array.of(0, 0), parents: Int32Array.of(-1, 1) }],
    ['A parent before the prefix', { tokens: Int32Array.of(0, 0), parents: Int32Array.of(-1, -2) }],
    ['Logits in descending order', { tokens: Int32Array.of(0, 0), logitsFor: Int32Array.of(1, 0) }],
  ]
}

export function testBackendErrors(test: BackendTest): void {
  test('refuses bad steps and stays as it was', async ({ model, compare, tokens }) => {
    await feedChain(model, tokens.subarray(0, 3), 1)
    const next = tokens.subarray(3, 4)
    const expected = (await model.step({ tokens: next })).logits.slice()
    for (const [what, input] of badSteps(model)) {
      const codes: ErrorCode[] = input.parents ? ['BAD_OPTION', 'CAPABILITY_MISSING'] : ['BAD_OPTION']
      await checkRefused(() => model.step(input), codes, what)
      checkEqual(model.length, 3, `The length after: ${what.toLowerCase()}`)
    }
    compare((await model.step({ tokens: next })).logits, expected, 'logits after refused steps')
  })

  test('refuses bad commits and stays as it was', async ({ model, tokens, context }) => {
    if (model.maximumRows < 3) return skip(context, 'three rows do not fit into a step')
    await checkRefused(() => model.commit(Int32Array.of(0)), ['BAD_OPTION'], 'A commit before any step')
    await model.step({ tokens: tokens.subarray(0, 3) })
    for (const rows of [[3], [-1], [1], [0, 2], [0, 0]]) {
      await checkRefused(
        () => model.commit(Int32Array.from(rows)),
        ['BAD_OPTION'],
        `A commit of rows ${rows.join(', ')}`,
      )
      checkEqual(model.length, 0, 'The length after a refused commit')
    }
    model.commit(firstRows(3))
    checkEqual(model.length, 3, 'The length after the right commit')
  })

  test('refuses bad rewinds', async ({ model, tokens, context }) => {
    if (!model.supports.has('kv:rewind')) return skip(context, 'the model does not support kv:rewind')
    await feedChain(model, tokens.subarray(0, 3), 1)
    for (const length of [4, -1, 1.5, Number.NaN]) {
      await checkRefused(() => model.rewind(length), ['BAD_OPTION'], `A rewind to ${length}`)
      checkEqual(model.length, 3, 'The length after a refused rewind')
    }
  })

  test('says when the context is full', async ({ model, context }) => {
    if (model.contextLength > 512) return skip(context, 'the context is longer than 512')
    await feedChain(model, randomTokens(model.contextLength - 1, model.vocabularySize, 5), model.maximumRows)
    if (model.maximumRows > 1) {
      await checkRefused(() => model.step({ tokens: Int32Array.of(0, 0) }), ['CONTEXT_FULL'], 'A row past the context')
    }
    await feedChain(model, Int32Array.of(0), 1)
    await checkRefused(() => model.step({ tokens: Int32Array.of(0) }), ['CONTEXT_FULL'], 'A step of a full model')
    checkEqual(model.length, model.contextLength, 'The length of a full model')
  })

  test('is disposed once and for all', async ({ model, tokens }) => {
    await feedChain(model, tokens.subarray(0, 2), 1)
    await model.dispose()
    await model.dispose()
    await checkRefused(() => model.step({ tokens: Int32Array.of(0) }), ['DISPOSED'], 'A step after dispose')
    await checkRefused(() => model.commit(Int32Array.of(0)), ['DISPOSED'], 'A commit after dispose')
    await checkRefused(() => model.rewind(0), ['DISPOSED'], 'A rewind after dispose')
    await checkRefused(() => model.fork(), ['DISPOSED'], 'A fork after dispose')
  })

  test('is disposed safely while a step runs', async ({ model, tokens }) => {
    const running = model.step({ tokens: tokens.subarray(0, 1) }).then(
      () => undefined,
      (error: unknown) => error,
    )
    await model.dispose()
    const error = await running
    check(
      error === undefined || ForetokenError.is(error),
      `A step that ran during dispose failed with ${String(error)}.`,
    )
  })
}
