import {
  badOption,
  compose,
  type FinishReason,
  ForetokenError,
  type LogitsProcessor,
  type Model,
  rng,
  STREAMS,
  targetLaws,
} from '@foretoken/core'
import type { ProcessorRecord, ReceiptContent } from './content.ts'
import { finishRule } from './finish.ts'
import { scoredRows } from './scored-rows.ts'

/** Makes a processor from its record; the caller knows which packages it has. */
export type Rebuild = (record: ProcessorRecord) => LogitsProcessor

/** Where a receipt is wrong, and how. */
export type Refusal =
  /** The receipt is of another model. `undefined`: not there. */
  | { readonly place: 'model'; readonly name: string; readonly expected?: string; readonly found?: string }
  /** Output token `index` (from 0) does not follow from what stands before it. */
  | { readonly place: 'token'; readonly index: number; readonly expected: number; readonly found: number }
  /** After `index` tokens the output ends (a reason) or goes on (`undefined`) where the options say otherwise. */
  | {
      readonly place: 'finish'
      readonly index: number
      readonly expected: FinishReason | undefined
      readonly found: FinishReason | undefined
    }
  /** All tokens follow, but the receipt is not as it was written. */
  | { readonly place: 'digest' }

export interface FollowOptions {
  readonly model: Model
  readonly rebuild?: Rebuild | undefined
  readonly tokenBytes?: ((token: number) => Uint8Array) | undefined
  readonly signal?: AbortSignal | undefined
}

/** How far the output follows from the target, and the first place where it does not. */
export interface Followed {
  readonly tokens: number
  readonly refusal?: Refusal
}

const NO_DRAFT = { tokens: new Int32Array(0) }

/**
 * Draws every output token again, as plain decoding draws it: with the argmax, or with the uniform of its seed and
 * position, after the tokens that are recorded before it. What stands after the first wrong token is not looked at.
 */
export async function follow(content: ReceiptContent, options: FollowOptions): Promise<Followed> {
  const { prompt, output } = content
  const { temperature, seed } = content.options
  const { model } = options
  const { vocabularySize } = model
  const limit = checkFit(content, options)
  const processors = content.options.processors.map((record) => rebuilt(record, options.rebuild))
  compose({ model, processors, temperature })
  for (const processor of processors) for (const token of prompt) processor.advance(token)
  const target = targetLaws({ vocabularySize, temperature, processors })
  const { uniform } = rng(seed)
  const finish = finishRule({ ...content.options, limit, tokenBytes: options.tokenBytes })

  const tokens = fedTokens(content, limit, vocabularySize)
  const wants = temperature > 0 || processors.length > 0 ? 'logits' : 'argmax'
  let index = 0
  for await (const { logits, argmax } of scoredRows(model, tokens, prompt.length - 1, wants, options.signal)) {
    const found = output.tokens[index]
    if (found === undefined) break
    target.load(logits, NO_DRAFT, argmax)
    const expected = target.sample(-1, uniform(STREAMS.sample, prompt.length + index))
    if (found !== expected) return { tokens: index, refusal: { place: 'token', index, expected, found } }
    target.advance(found)
    index++
    const reason = finish(found)
    if (reason !== undefined) return { tokens: index, ...endRefusal(content, index, reason) }
  }
  return { tokens: index, ...endRefusal(content, index, undefined) }
}

/** Compares the recorded end with what the options make of the first `index` tokens: an end, or `undefined`. */
function endRefusal(
  { output }: ReceiptContent,
  index: number,
  expected: FinishReason | undefined,
): { readonly refusal?: Refusal } {
  const found = index === output.tokens.length ? output.finishReason : undefined
  return found === expected ? {} : { refusal: { place: 'finish', index, expected, found } }
}

/** The prompt and the output tokens that another one stands on, up to one that the vocabulary lacks. */
function fedTokens({ prompt, output }: ReceiptContent, limit: number, vocabularySize: number): Int32Array {
  const checked = output.tokens.slice(0, limit)
  const stranger = checked.findIndex((token) => token >= vocabularySize)
  return Int32Array.from([...prompt, ...checked.slice(0, stranger < 0 ? checked.length - 1 : stranger)])
}

/** @returns Most tokens of the output. */
function checkFit({ prompt, options }: ReceiptContent, { model, tokenBytes }: FollowOptions): number {
  const stranger = prompt.find((token) => token >= model.vocabularySize)
  if (stranger !== undefined) {
    throw badOption('receipt', 'prompt', `holds token ${stranger}`, `tokens below ${model.vocabularySize}`)
  }
  if (options.stopStrings.length > 0 && !tokenBytes) {
    throw badOption('receipt', 'stopStrings', 'has no tokenBytes', '"tokenBytes" beside it')
  }
  const room = model.contextLength - prompt.length + 1
  if (room > 0) return Math.min(options.maxTokens ?? room, room)
  throw new ForetokenError(
    'CONTEXT_FULL',
    `The receipt's prompt has ${prompt.length} tokens; the model's context holds ${model.contextLength}.`,
    { fix: 'Verify it with the model that it was made with.', details: { prompt: prompt.length } },
  )
}

function rebuilt(record: ProcessorRecord, rebuild: Rebuild | undefined): LogitsProcessor {
  if (rebuild === undefined) {
    throw badOption('receipt', 'rebuild', 'is missing', `a function that makes the processor ${record.name}`)
  }
  const processor = rebuild(record).fork()
  const { name } = processor.manifest
  if (name !== record.name) throw badOption('receipt', 'rebuild', `made ${name}`, `the processor ${record.name}`)
  return processor
}
