import { ForetokenError, type Model, type StepInput } from '@foretoken/core'
import { expect, it } from 'vitest'
import { testBackend } from './backend-suite.ts'
import { runSuite } from './runner.ts'
import { type ToyLogits, toyTable } from './toy-laws.ts'
import { type ToyModel, toyModel } from './toy-model.ts'

const vocabularySize = 5

async function failures(create: () => Model): Promise<string> {
  const results = await runSuite((runner) => testBackend(runner, { create }))
  return results
    .filter(({ error }) => error !== undefined)
    .map(({ name }) => name.replace('backend > ', ''))
    .join('\n')
}

/** A toy model with some of its parts replaced, in its forks too. */
function broken(parts: (sound: ToyModel) => Partial<Model>, sound: ToyModel = toyModel({ vocabularySize })): Model {
  const replaced = parts(sound)
  return new Proxy(sound, {
    get(target, key) {
      if (key in replaced) return Reflect.get(replaced, key)
      if (key === 'fork') return () => broken(parts, target.fork())
      return Reflect.get(target, key, target)
    },
  })
}

/** Changes the logits of each step. */
function withLogits(change: (logits: Float32Array, input: StepInput, model: ToyModel) => void): () => Model {
  return () =>
    broken((sound) => ({
      async step(input) {
        const output = await sound.step(input)
        change(output.logits, input, sound)
        return output
      },
    }))
}

it('passes the toy model through the same wrapper', async () => {
  expect(await failures(() => broken(() => ({})))).toBe('')
})

it('catches rows whose last bit depends on what is fed with them', async () => {
  const rounding = withLogits((logits, { tokens }) => {
    if (tokens.length > 1) for (let i = 0; i < logits.length; i++) logits[i]! *= 1 + 2 ** -23
  })
  expect(await failures(rounding)).toMatch(/same rows for every split/)
})

it('catches most probable tokens that are not', async () => {
  const second = () =>
    broken((sound) => ({
      async step(input) {
        const output = await sound.step(input)
        if (!output.argmax) return output
        return { ...output, argmax: output.argmax.map((token) => (token + 1) % vocabularySize) }
      },
    }))
  expect(await failures(second)).toMatch(/most probable tokens of the asked rows/)
})

it('catches siblings that see each other', async () => {
  const table = toyTable({ vocabularySize })
  const blind = withLogits((logits, input, model) => {
    if (input.parents === undefined) return
    const asked = input.logitsFor ?? input.tokens.map((_, row) => row)
    for (const [at, row] of asked.entries()) {
      logits.set(table([...model.tokens(), ...input.tokens.subarray(0, row + 1)]), at * vocabularySize)
    }
  })
  expect(await failures(blind)).toMatch(/scores a tree as the chains of its paths/)
})

it('catches positions by slot instead of by depth', async () => {
  const table = toyTable({ vocabularySize, order: 1 })
  const logits: ToyLogits = (context) => table(context)
  const slots = () =>
    broken(
      (sound) => ({
        async step(input) {
          const output = await sound.step(input)
          if (input.parents === undefined) return output
          for (const [at, row] of (input.logitsFor ?? input.tokens.map((_, each) => each)).entries()) {
            const context = [...new Array<number>(sound.length + row).fill(0), input.tokens[row]!]
            output.logits.set(logits(context), at * vocabularySize)
          }
          return output
        },
      }),
      toyModel({ vocabularySize, logits }),
    )
  expect(await failures(slots)).toMatch(/scores a tree as the chains of its paths/)
})

it('catches a rewind that leaks the past', async () => {
  const leaking = () =>
    broken((sound) => {
      let ghost = 0
      return {
        rewind(length) {
          ghost = sound.length > length ? 1e-4 : ghost
          sound.rewind(length)
        },
        async step(input) {
          const output = await sound.step(input)
          if (ghost > 0 && output.logits.length > 0) output.logits[0]! += ghost
          return output
        },
      }
    })
  expect(await failures(leaking)).toMatch(/replays the same logits after a rewind/)
})

it('catches a fork that shares what comes after', async () => {
  const sharing = () => broken((sound) => ({ fork: () => broken(() => ({ dispose: async () => {} }), sound) }))
  expect(await failures(sharing)).toMatch(/forks share the past and nothing else/)
})

it('catches a fork that dies with its origin', async () => {
  const bound = () =>
    broken((sound) => {
      const forks: ToyModel[] = []
      return {
        fork: () => {
          forks.push(sound.fork())
          return forks.at(-1)!
        },
        async dispose() {
          for (const fork of forks) await fork.dispose()
          await sound.dispose()
        },
      }
    })
  expect(await failures(bound)).toMatch(/a fork outlives its origin/)
})

it('catches a step that keeps its rows', async () => {
  const eager = () =>
    broken((sound) => ({
      async step(input) {
        const output = await sound.step(input)
        sound.commit(Int32Array.of(0))
        await sound.step(input).catch(() => undefined)
        return output
      },
    }))
  expect(await failures(eager)).toMatch(/keeps nothing of a step/)
})

it('catches a commit that takes rows in slots instead of the path', async () => {
  const careless = () =>
    broken((sound) => {
      let last: StepInput = { tokens: new Int32Array(0) }
      return {
        step(input) {
          last = { ...input, tokens: input.tokens.slice() }
          return sound.step(input)
        },
        commit(rows) {
          if (last.parents === undefined) return sound.commit(rows)
          const taken = last.tokens.slice(0, rows.length)
          void sound.step({ tokens: taken, logitsFor: new Int32Array(0) })
          sound.commit(taken.map((_, row) => row))
        },
      }
    })
  expect(await failures(careless)).toMatch(/continues behind a committed path of a tree/)
})

it('catches logits of other rows than asked', async () => {
  const shifted = () => broken((sound) => ({ step: ({ logitsFor: _, ...input }) => sound.step(input) }))
  expect(await failures(shifted)).toMatch(/logits for the asked rows only/)
})

it('catches what is accepted although it must be refused', async () => {
  const lenientSteps = () =>
    broken((sound) => ({
      step: (input) =>
        sound.step({ ...input, tokens: input.tokens.map((token) => Math.max(0, token) % vocabularySize) }),
    }))
  expect(await failures(lenientSteps)).toMatch(/refuses bad steps/)
  const lenientRewinds = () => broken((sound) => ({ rewind: (length) => sound.rewind(Math.min(length, sound.length)) }))
  expect(await failures(lenientRewinds)).toMatch(/refuses bad rewinds/)
})

it('catches errors without a type and use after dispose', async () => {
  const rude = () =>
    broken((sound) => ({
      step: (input) =>
        sound.step(input).catch(() => {
          throw new Error('no')
        }),
    }))
  expect(await failures(rude)).toMatch(/refuses bad steps/)
  const undead = () => broken(() => ({ dispose: async () => {}, [Symbol.asyncDispose]: async () => {} }))
  expect(await failures(undead)).toMatch(/disposed once and for all/)
  const touchy = () =>
    broken((sound) => {
      let isDisposed = false
      return {
        async dispose() {
          if (isDisposed) throw new ForetokenError('DISPOSED', 'Disposed twice.', { fix: 'Dispose once.' })
          isDisposed = true
          await sound.dispose()
        },
      }
    })
  expect(await failures(touchy)).toMatch(/disposed once and for all/)
})
