// JSON by a schema, drafted inside the grammar, on the embedded model: the tokens of constrained plain decoding whatever drafts,
// decides, or interrupts.
import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { constrain, constrained, vocabulary, withinConstraint } from '@foretoken/constraint'
import { jsonSchema } from '@foretoken/constraint-json-schema'
import { speculative } from '@foretoken/controller'
import {
  type DecodeOptions,
  type Drafter,
  decode,
  ForetokenError,
  firstOf,
  generate,
  type LogitsProcessor,
  type Model,
} from '@foretoken/core'
import { forced, forcedTokens } from '@foretoken/drafter-forced'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { suffix } from '@foretoken/drafter-suffix'
import { randomDrafter } from '@foretoken/testkit'
import { block } from '@foretoken/verifier-block'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const SCHEMA = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 10 },
    friends: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string', maxLength: 6 }, kind: { enum: ['cat', 'cow', 'dog'] } },
        required: ['name', 'kind'],
        additionalProperties: false,
      },
      minItems: 2,
      maxItems: 2,
    },
    isHappy: { type: 'boolean' },
  },
  required: ['name', 'friends', 'isHappy'],
  additionalProperties: false,
}

type Opened = Awaited<ReturnType<typeof openModel>>
let opened: Opened
let model: Model
beforeAll(async () => {
  opened = await openModel('stories', { offline: true })
  model = await loadModel(opened.folder, { threads: 1, worker: false })
})
afterAll(async () => {
  await model?.dispose()
  await opened?.dispose()
})

function given() {
  const { tokenizer } = opened
  const constraint = constrain(jsonSchema(SCHEMA, { whitespace: 'single' }), vocabulary(tokenizer))
  const prompt = tokenizer.encode('Once upon a time there was a girl and her friends: ')
  const run: DecodeOptions = {
    model,
    prompt,
    processors: [constrained(constraint, { countFrom: prompt.length })],
    stopTokens: tokenizer.stopTokens,
    maxTokens: 120,
    seed: 3,
  }
  const going = { continuation: forcedTokens(tokenizer), countFrom: prompt.length }
  const drafters: Record<string, () => Drafter> = {
    forced: () => forced({ constraint, tokenizer, countFrom: prompt.length }),
    'suffix within': () => withinConstraint(suffix(), constraint, going),
    'trees of suffixes within': () => withinConstraint(suffix({ shape: 'tree' }), constraint, going),
    'prompt lookup, else forced': () =>
      firstOf(
        withinConstraint(promptLookup(), constraint, going),
        forced({ constraint, tokenizer, countFrom: prompt.length }),
      ),
    'random within': () =>
      withinConstraint(randomDrafter({ vocabularySize: model.vocabularySize, levels: 2 }), constraint, going),
    controller: () => speculative({ drafters: [withinConstraint(suffix(), constraint, going)] }).drafter,
  }
  return { run, drafters, tokenizer }
}

const fresh = (options: DecodeOptions) => {
  model.rewind(0)
  return generate(options)
}

describe('JSON drafted inside its grammar', () => {
  it('is the JSON of plain decoding, whatever drafts and decides', async () => {
    const { run, drafters, tokenizer } = given()
    for (const temperature of [0, 1]) {
      const plain = await fresh({ ...run, temperature })
      expect(Object.keys(JSON.parse(tokenizer.decode(plain.tokenIds)))).toEqual(['name', 'friends', 'isHappy'])
      for (const [name, make] of Object.entries(drafters)) {
        for (const verifier of temperature === 0 ? [exactMatch(), speculativeSampling(), block()] : [exactMatch()]) {
          if (verifier.manifest.name === 'block' && name.startsWith('trees')) continue
          await using drafter = make()
          const { tokenIds, stats } = await fresh({ ...run, temperature, drafter, verifier })
          expect(tokenIds, `${name}, ${verifier.manifest.name}, ${temperature}`).toEqual(plain.tokenIds)
          // What the controller lets draft depends on what steps cost this machine.
          if (name !== 'controller') expect(stats.accepted, name).toBeGreaterThan(0)
        }
      }
    }
  })

  it('goes on after an abort at any round, and after a rewind, as if nothing had happened', async () => {
    const { run, drafters } = given()
    const whole = await fresh({ ...run, temperature: 1 })
    for (const [name, make] of Object.entries(drafters)) {
      await using drafter = make()
      const parts = { ...run, temperature: 1, drafter, verifier: exactMatch() }
      for (const rounds of [1, 3, 6]) {
        const stop = new AbortController()
        const tokens = [...run.prompt]
        model.rewind(0)
        await expect(
          (async () => {
            let played = 0
            for await (const each of decode({ ...parts, signal: stop.signal })) {
              tokens.push(...each.tokenIds)
              if (++played === rounds) stop.abort()
            }
          })(),
        ).rejects.toThrow(ForetokenError)
        // Once where the abort left the cache, once from a shorter cache.
        for (const length of [model.length, run.prompt.length - 1]) {
          model.rewind(length)
          const { tokenIds } = await generate({ ...parts, prompt: Int32Array.from(tokens) })
          const text = [...tokens.slice(run.prompt.length), ...tokenIds]
          expect(text, `${name} after ${rounds} rounds`).toEqual([...whole.tokenIds])
        }
      }
    }
  })

  it('masks a row for each token that is decided, and none for the other nodes of a draft', async () => {
    const { run, drafters } = given()
    for (const [name, make] of Object.entries(drafters)) {
      await using drafter = make()
      let masked = 0
      const counted = (inner: LogitsProcessor): LogitsProcessor => ({
        ...inner,
        apply(logits) {
          masked++
          inner.apply(logits)
        },
        fork: () => counted(inner.fork()),
      })
      const processors = run.processors!.map(counted)
      const { tokenIds } = await fresh({ ...run, processors, drafter, verifier: exactMatch() })
      // The last round may decide tokens behind the stop token.
      expect(masked, name).toBeGreaterThanOrEqual(tokenIds.length)
      expect(masked, name).toBeLessThanOrEqual(tokenIds.length + 2)
    }
  })
})
