import type { Model } from '@foretoken/core'
import { checkEqual } from './assertions.ts'
import { feedChain, firstRows, pathOf, randomParents, rowAt } from './backend-feeding.ts'
import type { BackendTest } from './backend-suite.ts'
import { skip } from './runner.ts'
import { randomTokens } from './toy-laws.ts'

/** The first of these capabilities that the model lacks. */
function lacks(model: Model, context: unknown, ...needed: Parameters<Model['supports']['has']>[0][]): boolean {
  const missing = needed.find((capability) => !model.supports.has(capability))
  if (missing !== undefined) skip(context, `the model does not support ${missing}`)
  return missing !== undefined
}

export function testBackendTrees(test: BackendTest): void {
  test('scores a tree as the chains of its paths', async ({ model, compare, tokens, context }) => {
    if (lacks(model, context, 'attention:tree-mask', 'kv:rewind')) return
    const { vocabularySize } = model
    const prefix = tokens.subarray(0, Math.max(1, tokens.length - 12))
    await feedChain(model, prefix, model.maximumRows)
    for (let seed = 0; seed < 3; seed++) {
      const count = Math.min(9, model.maximumRows)
      const rows = randomTokens(count, vocabularySize, 10 + seed)
      const parents = randomParents(count, seed)
      const tree = (await model.step({ tokens: rows, parents })).logits.slice()
      for (let row = 0; row < count; row++) {
        const path = pathOf(parents, row)
        if (prefix.length + path.length > model.contextLength) continue
        const chain = await model.step({
          tokens: path.map((at) => rows[at]!),
          logitsFor: Int32Array.of(path.length - 1),
        })
        compare(rowAt(tree, row, vocabularySize), chain.logits, `logits of row ${row} of a tree`)
      }
    }
  })

  test('continues behind a committed path of a tree', async ({ model, compare, tokens, context }) => {
    if (lacks(model, context, 'attention:tree-mask', 'kv:gather', 'kv:rewind')) return
    const prefix = tokens.subarray(0, 5)
    // Two branches and a shared parent: rows 1 and 3 go one way, 2 and 4 the other, 5 hangs on the prefix.
    const parents = Int32Array.of(-1, 0, 0, 1, 2, -1).subarray(0, model.maximumRows)
    const rows = randomTokens(parents.length, model.vocabularySize, 20)
    const next = randomTokens(1, model.vocabularySize, 21)
    for (let leaf = 0; leaf < parents.length; leaf++) {
      const path = pathOf(parents, leaf)
      model.rewind(0)
      await feedChain(model, prefix, 1)
      await feedChain(
        model,
        path.map((at) => rows[at]!),
        1,
      )
      const expected = (await model.step({ tokens: next })).logits.slice()
      model.rewind(prefix.length)
      await model.step({ tokens: rows, parents })
      model.commit(path)
      checkEqual(model.length, prefix.length + path.length, 'The length after a tree path')
      compare((await model.step({ tokens: next })).logits, expected, `logits behind row ${leaf} of a tree`)
    }
  })

  test('takes an explicit chain for a chain', async ({ model, compare, tokens, context }) => {
    if (lacks(model, context, 'attention:tree-mask')) return
    const few = tokens.subarray(0, Math.min(5, model.maximumRows))
    const expected = (await model.step({ tokens: few })).logits.slice()
    const { logits } = await model.step({ tokens: few, parents: few.map((_, row) => row - 1) })
    compare(logits, expected, 'logits of a chain with parents')
  })

  test('scores a tree that is wider than the positions left', async ({ model, context }) => {
    if (lacks(model, context, 'attention:tree-mask')) return
    if (model.contextLength > 512) return skip(context, 'the context is longer than 512')
    if (model.maximumRows < 2) return skip(context, 'one row is no tree')
    await feedChain(model, randomTokens(model.contextLength - 1, model.vocabularySize, 3), model.maximumRows)
    const tokens = randomTokens(Math.min(3, model.maximumRows), model.vocabularySize, 4)
    const output = await model.step({ tokens, parents: tokens.map(() => -1) })
    checkEqual(output.rows, tokens.length, 'StepOutput.rows')
  })
}

export function testBackendRewind(test: BackendTest): void {
  test('replays the same logits after a rewind', async ({ model, compare, tokens, context }) => {
    if (lacks(model, context, 'kv:rewind')) return
    const expected = await feedChain(model, tokens, 4)
    for (const length of [tokens.length, tokens.length - 1, Math.floor(tokens.length / 2), 1, 0]) {
      model.rewind(length)
      checkEqual(model.length, length, 'The length after a rewind')
      const rest = expected.subarray(length * model.vocabularySize)
      compare(await feedChain(model, tokens.subarray(length), 3), rest, `logits after a rewind to ${length}`)
    }
  })

  test('forgets what it rewound', async ({ model, compare, tokens, context }) => {
    if (lacks(model, context, 'kv:rewind')) return
    const expected = await feedChain(model, tokens, 4)
    model.rewind(2)
    const stranger = tokens.map((token) => (token + 1) % model.vocabularySize)
    await feedChain(model, stranger.subarray(2), 4)
    model.rewind(2)
    const rest = expected.subarray(2 * model.vocabularySize)
    compare(await feedChain(model, tokens.subarray(2), 4), rest, 'logits after another text was rewound')
  })
}

export function testBackendForks(test: BackendTest): void {
  test('forks share the past and nothing else', async ({ model, compare, tokens, context }) => {
    if (lacks(model, context, 'kv:fork', 'kv:rewind')) return
    const half = Math.floor(tokens.length / 2)
    const stranger = tokens.map((token) => (token + 1) % model.vocabularySize)
    const expected = await feedChain(model, tokens, 4)
    const from = half * model.vocabularySize
    model.rewind(half)
    await using fork = model.fork()
    checkEqual(fork.length, half, 'The length of a fork')
    await feedChain(fork, stranger.subarray(half), 2)
    checkEqual(model.length, half, 'The length of the model after its fork went on')
    compare(await feedChain(model, tokens.subarray(half), 3), expected.subarray(from), 'logits beside a fork')
    fork.rewind(half)
    compare(await feedChain(fork, tokens.subarray(half), 3), expected.subarray(from), 'logits of a fork')
  })

  test('forks of forks stand alone', async ({ model, compare, tokens, context }) => {
    if (lacks(model, context, 'kv:fork', 'kv:rewind')) return
    const expected = await feedChain(model, tokens, 4)
    model.rewind(1)
    await using first = model.fork()
    await feedChain(first, tokens.subarray(1, 3), 1)
    await using second = first.fork()
    await feedChain(first, tokens.subarray(0, 3), 2)
    await feedChain(model, tokens.subarray(4, 8), 2)
    const rest = expected.subarray(3 * model.vocabularySize)
    compare(await feedChain(second, tokens.subarray(3), 2), rest, 'logits of a fork of a fork')
  })

  test('interleaved forks do not disturb each other', async ({ model, compare, tokens, context }) => {
    if (lacks(model, context, 'kv:fork', 'kv:rewind')) return
    const expected = await feedChain(model, tokens, 4)
    model.rewind(2)
    await using fork = model.fork()
    for (let at = 2; at < tokens.length; at++) {
      const wanted = rowAt(expected, at, model.vocabularySize)
      for (const state of [model, fork]) {
        const token = tokens.subarray(at, at + 1)
        const { logits } = await state.step({ tokens: token })
        compare(logits, wanted, `logits at ${at} of interleaved forks`)
        state.commit(firstRows(1))
      }
    }
  })

  test('a fork outlives its origin, and an origin its fork', async ({ model, compare, tokens, context }) => {
    if (lacks(model, context, 'kv:fork', 'kv:rewind')) return
    const expected = await feedChain(model, tokens, 4)
    const rest = expected.subarray(3 * model.vocabularySize)
    model.rewind(3)
    await using fork = model.fork()
    const brief = model.fork()
    await brief.dispose()
    compare(await feedChain(model, tokens.subarray(3), 4), rest, 'logits after a fork was disposed')
    await model.dispose()
    compare(await feedChain(fork, tokens.subarray(3), 4), rest, 'logits after the origin was disposed')
  })
}
