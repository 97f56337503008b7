/** Decoding held to a constraint: what all functions of this package do with `decode`. */
import { type Constraint, constrained, type Matcher, withinConstraint } from '@foretoken/constraint'
import { speculative } from '@foretoken/controller'
import {
  badOption,
  type DecodeOptions,
  type Drafter,
  decode,
  ForetokenError,
  type Run,
  type Summary,
} from '@foretoken/core'
import { forced } from '@foretoken/drafter-forced'
import { suffix } from '@foretoken/drafter-suffix'
import { exactMatch } from '@foretoken/verifier-exact-match'
import type { ObjectTokenizer } from './prompt.ts'

/** Options of `decode` that go through to it. */
export interface WriteOptions
  extends Pick<
    DecodeOptions,
    'model' | 'verifier' | 'temperature' | 'processors' | 'sampler' | 'seed' | 'maxTokens' | 'signal' | 'clock'
  > {
  /** Default: what the schema forces, and counted suffixes; matched exactly, so the tokens are those of plain decoding. */
  readonly drafter?: Drafter | 'none' | undefined
  /** Is told of each run, as `decode` gives it. */
  readonly onRun?: ((run: Run) => void) | undefined
}

export const WRITE_KEYS: readonly (keyof WriteOptions)[] = [
  'model',
  'drafter',
  'verifier',
  'temperature',
  'processors',
  'sampler',
  'seed',
  'maxTokens',
  'signal',
  'clock',
  'onRun',
]

/** What was written. */
export interface Written extends Summary {
  readonly text: string
  /** The stop token included. */
  readonly tokenIds: Int32Array
  /** Whether the text is whole: it ended by itself, or nothing could follow. */
  readonly isComplete: boolean
}

export interface Task {
  readonly constraint: Constraint
  readonly prompt: Int32Array
  readonly tokenizer: ObjectTokenizer
  /** Is told of the whole when it is there. */
  readonly onWritten: (written: Written) => void
}

/** What of a function's options goes through to `decode`. */
export function writeOptions(options: WriteOptions): WriteOptions {
  const given = WRITE_KEYS.filter((key) => options[key] !== undefined)
  return Object.fromEntries(given.map((key) => [key, options[key]])) as unknown as WriteOptions
}

/**
 * Writes a text of the constraint after the prompt, a run at a time. The model's cache is begun anew.
 * @throws What `decode` throws. BAD_OPTION for a verifier that let a token through which the constraint refuses.
 */
export async function* write(task: Task, options: WriteOptions): AsyncGenerator<Run, void, undefined> {
  const { constraint, prompt, tokenizer, onWritten } = task
  const { model, processors = [], drafter, verifier, onRun, ...rest } = options
  const speculation = speculationFor(task, options)
  const follower = constraint.matcher()
  const tokens: number[] = []
  let text = ''
  model.rewind(0)
  try {
    const runs = decode({
      ...rest,
      model,
      prompt,
      drafter: speculation.drafter,
      verifier: speculation.verifier,
      processors: [constrained(constraint, { countFrom: prompt.length }), ...processors],
      stopTokens: Int32Array.from(tokenizer.stopTokens),
      tokenBytes: (token) => tokenizer.tokenBytes(token),
    })
    for (;;) {
      const next = await runs.next()
      if (next.done) {
        const tokenIds = Int32Array.from(tokens)
        return onWritten({ ...next.value, text, tokenIds, isComplete: follower.isFinished || follower.mustEnd })
      }
      follow(follower, next.value.tokenIds, speculation.verifier?.manifest.name)
      tokens.push(...next.value.tokenIds)
      text += next.value.text
      onRun?.(next.value)
      yield next.value
    }
  } finally {
    await speculation.dispose()
  }
}

interface Speculation extends Pick<DecodeOptions, 'verifier'> {
  readonly drafter?: Drafter
  dispose(): Promise<void>
}

const nothingToDispose = async (): Promise<void> => {}

function speculationFor({ constraint, tokenizer }: Task, { model, drafter, verifier }: WriteOptions): Speculation {
  if (drafter === 'none') {
    if (verifier) throw badOption('object', 'verifier', 'stands beside no drafter', 'a drafter')
    return { dispose: nothingToDispose }
  }
  if (drafter) return { drafter, verifier: verifier ?? exactMatch(), dispose: nothingToDispose }
  const deciding = verifier ?? exactMatch()
  // What a model cannot check, nobody need draft.
  if (!verifier && !deciding.manifest.requires.every((each) => model.supports.has(each))) {
    return { dispose: nothingToDispose }
  }
  const parts = speculative({
    drafters: [forced({ constraint, tokenizer }), withinConstraint(suffix(), constraint)],
    verifier: deciding,
  })
  return { ...parts, dispose: async () => parts.drafter.dispose() }
}

function follow(matcher: Matcher, tokens: Int32Array, verifier: string | undefined): void {
  for (const token of tokens) {
    if (matcher.isAllowed(token)) matcher.advance(token)
    else if (verifier)
      throw badOption(
        'object',
        'verifier',
        `(${verifier}) accepted what ${matcher.constraint.name} forbids`,
        'a lossless one',
      )
    else throw leadsNowhere(matcher, token)
  }
}

/** A mask lets nothing through that cannot be completed; a grammar with a dead end is refused here at the latest. */
function leadsNowhere({ constraint }: Matcher, token: number): ForetokenError {
  return new ForetokenError('UNSUPPORTED', `Token ${token} leads nowhere in ${constraint.name}.`, {
    fix: 'Simplify the schema, and report it.',
    details: { token },
  })
}
