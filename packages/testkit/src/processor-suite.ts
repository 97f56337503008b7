import type { LogitsProcessor } from '@foretoken/core'
import { check, checkBits } from './assertions.ts'
import { exactOutput } from './exact-output.ts'
import { checkManifest } from './manifest-check.ts'
import type { Runner } from './runner.ts'
import { numbers, randomTokens } from './toy-laws.ts'

export interface ProcessorSuiteOptions {
  /** A processor that has seen nothing. */
  readonly create: () => LogitsProcessor
  /** Default: the manifest's name. */
  readonly name?: string
  /** Vocabulary that it can deal with. Default 6. */
  readonly vocabularySize?: number
}

/**
 * The contract of `LogitsProcessor`: its state is the token history and nothing else, `rollback` undoes `advance`, forks
 * stand alone, masked tokens stay masked, something stays possible, and speculative decoding sees what plain decoding sees.
 * @example
 * testProcessor({ describe, it }, { create: () => topK(3) })
 */
export function testProcessor(runner: Runner, options: ProcessorSuiteOptions): void {
  const { create, vocabularySize = 6 } = options
  const history = randomTokens(12, vocabularySize, 5)
  runner.describe(options.name ?? create().manifest.name, () => {
    runner.it('states its manifest', async () => checkManifest(create().manifest, 'processor'))

    runner.it('depends on the logits and the history alone', async () => {
      const processor = create()
      for (const [i, token] of history.entries()) {
        const expected = applied(after(create(), history.subarray(0, i)), vocabularySize, i)
        applied(processor, vocabularySize, i + 100)
        checkBits(applied(processor, vocabularySize, i), expected, `logits after ${i} tokens`)
        checkBits(applied(processor, vocabularySize, i), expected, `logits after ${i} tokens, once more`)
        processor.advance(token)
      }
    })

    runner.it('takes back what it was told', async () => {
      const next = numbers(6)
      for (let detour = 0; detour < 30; detour++) {
        const length = Math.floor(next() * history.length)
        const tokens = randomTokens(Math.floor(next() * 6), vocabularySize, detour)
        const processor = after(create(), history.subarray(0, length))
        const expected = applied(processor, vocabularySize, detour)
        after(processor, tokens)
        applied(processor, vocabularySize, 50)
        processor.rollback(tokens.length)
        checkBits(
          applied(processor, vocabularySize, detour),
          expected,
          `logits after ${tokens.length} tokens were taken back`,
        )
      }
    })

    runner.it('forks stand alone', async () => {
      const processor = after(create(), history.subarray(0, 4))
      const fork = processor.fork()
      const [expected, other] = [history.subarray(0, 8), [...history.subarray(0, 4), ...history.subarray(8)]].map(
        (tokens) => applied(after(create(), tokens), vocabularySize, 1),
      )
      after(fork, history.subarray(8))
      after(processor, history.subarray(4, 8))
      checkBits(applied(processor, vocabularySize, 1), expected!, 'logits of the origin beside its fork')
      checkBits(applied(fork, vocabularySize, 1), other!, 'logits of the fork')
      fork.rollback(history.length - 4)
      checkBits(
        applied(fork, vocabularySize, 1),
        applied(create(), vocabularySize, 1),
        'logits of a fork taken back to nothing',
      )
    })

    runner.it('masks without unmasking', async () => checkMasks(after(create(), history), vocabularySize))

    runner.it('gives speculative decoding what it gives plain decoding', async () => {
      await exactOutput({ vocabularySize, processors: () => [create()] })
    })
  })
}

function after(processor: LogitsProcessor, tokens: Iterable<number>): LogitsProcessor {
  for (const token of tokens) processor.advance(token)
  return processor
}

/** Random logits after the processor; what lies beside them in memory must not change. */
function applied(processor: LogitsProcessor, vocabularySize: number, seed: number): Float32Array {
  const next = numbers(seed)
  const memory = new Float32Array(vocabularySize + 2).fill(7)
  const logits = memory.subarray(1, 1 + vocabularySize)
  for (let x = 0; x < vocabularySize; x++) logits[x] = 6 * next() - 3
  processor.apply(logits)
  check(memory[0] === 7 && memory[vocabularySize + 1] === 7, 'The processor wrote outside of the logits.')
  check(
    logits.every((logit) => logit < Infinity),
    'The processor left NaN or +Infinity.',
  )
  check(logits.some(Number.isFinite), 'The processor masked every token.')
  return logits.slice()
}

function checkMasks(processor: LogitsProcessor, vocabularySize: number): void {
  for (let open = 0; open < vocabularySize; open++) {
    const logits = new Float32Array(vocabularySize).fill(-Infinity)
    logits[open] = -1.5
    processor.apply(logits)
    for (const [token, logit] of logits.entries()) {
      check(token === open || logit === -Infinity, `Token ${token} was masked and has the logit ${logit} now.`)
      check(token !== open || Number.isFinite(logit), 'The only token that was possible was masked.')
    }
  }
}
