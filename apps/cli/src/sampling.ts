import type { Tokenizer } from '@foretoken/checkpoint'
import { ForetokenError, type LogitsProcessor } from '@foretoken/core'
import type { Json, ProcessorRecord } from '@foretoken/receipt'
import { minP } from '@foretoken/sampler-min-p'
import { type PenaltiesOptions, penalties } from '@foretoken/sampler-penalties'
import { temperature } from '@foretoken/sampler-temperature'
import { topK } from '@foretoken/sampler-top-k'
import { topP } from '@foretoken/sampler-top-p'
import { typical } from '@foretoken/sampler-typical'
import type { Command } from 'commander'
import { integer, real } from './arguments.ts'
import { rebuildConstraint } from './constraints.ts'

export interface SamplingOptions {
  readonly temperature: number
  readonly topK?: number
  readonly topP?: number
  readonly minP?: number
  readonly typical?: number
  readonly repetitionPenalty?: number
  readonly presencePenalty?: number
  readonly frequencyPenalty?: number
  readonly seed: number
}

export function addSamplingOptions(command: Command): Command {
  return command
    .option('--temperature <t>', '0 takes the most probable token', real({ minimum: 0 }), 0)
    .option('--top-k <k>', 'keep the k most probable tokens', integer({ minimum: 1 }))
    .option('--top-p <p>', 'keep the smallest set that holds probability p', real({ minimum: 0, maximum: 1 }))
    .option('--min-p <p>', 'keep tokens at least p times as probable as the best', real({ minimum: 0, maximum: 1 }))
    .option('--typical <p>', 'keep the locally typical set of mass p', real({ minimum: 0, maximum: 1 }))
    .option('--repetition-penalty <r>', 'divide logits of tokens already seen', real({ minimum: 0 }))
    .option('--presence-penalty <r>', 'subtract once from tokens already written', real({}))
    .option('--frequency-penalty <r>', 'subtract per occurrence of tokens already written', real({}))
    .option('--seed <n>', 'seed of every random draw', integer({ minimum: 0, maximum: 0xffffffff }), 0)
}

/** Makes each processor from the options in its record. */
const PROCESSORS: Readonly<Record<string, (options: never) => LogitsProcessor>> = {
  penalties: (options: PenaltiesOptions) => penalties(options),
  temperature: (options: number) => temperature(options),
  'top-k': (options: number) => topK(options),
  'top-p': (options: number) => topP(options),
  'min-p': (options: number) => minP(options),
  typical: (options: number) => typical(options),
}

/** Makes processors again from their records, as `run` made them with this tokenizer. */
export function rebuildWith(tokenizer: Tokenizer): (record: ProcessorRecord) => LogitsProcessor {
  return (record) => (record.name === 'constraint' ? rebuildConstraint(record, tokenizer) : rebuild(record))
}

function rebuild({ name, options }: ProcessorRecord): LogitsProcessor {
  const make = Object.hasOwn(PROCESSORS, name) ? PROCESSORS[name] : undefined
  if (make === undefined) {
    throw new ForetokenError('UNSUPPORTED', `The processor ${name} is not known here.`, {
      fix: 'Verify the receipt with the program that wrote it.',
      details: { name, known: Object.keys(PROCESSORS) },
    })
  }
  return make(options as never)
}

/**
 * Temperature and processors for `decode`, in the order of Hugging Face transformers: penalties, temperature,
 * truncation. Presence and frequency count what was written, not the prompt. At temperature 0 truncation changes nothing and is left out.
 */
export function sampling(
  options: SamplingOptions,
  promptLength: number,
): { temperature: number; processors: LogitsProcessor[]; records: ProcessorRecord[] } {
  const records: ProcessorRecord[] = []
  const add = (name: string, value: Json | undefined): void => {
    if (value !== undefined) records.push({ name, options: value })
  }
  const { repetitionPenalty: repetition, presencePenalty: presence, frequencyPenalty: frequency } = options
  if (repetition !== undefined || presence !== undefined || frequency !== undefined) {
    add('penalties', { ...defined({ repetition, presence, frequency }), countFrom: promptLength } as Json)
  }
  if (options.temperature > 0) {
    if (options.temperature !== 1) add('temperature', options.temperature)
    add('top-k', options.topK)
    add('top-p', options.topP)
    add('min-p', options.minP)
    add('typical', options.typical)
  }
  return { temperature: options.temperature > 0 ? 1 : 0, processors: records.map(rebuild), records }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** The object without its undefined fields. */
export function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>
}
