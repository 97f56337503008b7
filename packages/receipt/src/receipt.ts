import { checkKeys, type DecodeOptions, ForetokenError, type Generation, type LogitsProcessor } from '@foretoken/core'
import { type ProcessorRecord, RECEIPT_VERSION, type Receipt, type ReceiptContent } from './content.ts'
import { digestOf } from './digest.ts'
import { fingerprintOf } from './fingerprint.ts'
import { follow, type Rebuild } from './follow.ts'
import { parseContent } from './parse.ts'

export interface ReceiptOptions {
  /** What was passed to `decode` or `generate`; a custom `sampler` is refused. */
  readonly options: DecodeOptions
  /** What came out. */
  readonly generation: Pick<Generation, 'tokenIds' | 'finishReason' | 'guarantee'>
  readonly model: ReceiptContent['model']
  /** Default: nothing is told. */
  readonly backend?: ReceiptContent['backend'] | undefined
  /** The processors of `options`, in order. Default none. */
  readonly processors?: readonly ProcessorRecord[] | undefined
  /** Makes a processor from its record. Needed where there are some. */
  readonly rebuild?: Rebuild | undefined
}

const KEYS = ['options', 'generation', 'model', 'backend', 'processors', 'rebuild'] as const

/**
 * Records a generation. Its tokens are checked as `verifyReceipt` would before the receipt is given, so a receipt that
 * exists verifies where it was made. Works on a fork; the model keeps its cache.
 * @throws BAD_OPTION; CAPABILITY_MISSING without `rows:exact`; UNSUPPORTED when a token is not what the target and the seed
 * alone give, as after rejection sampling of drafts that were drawn, or by a lossy verifier.
 * @example
 * const generation = await generate(options)
 * const json = JSON.stringify(await receipt({ options, generation, model: { name: 'toy', hashes: {} } }))
 */
export async function receipt(input: ReceiptOptions): Promise<Receipt> {
  checkKeys('receipt', input, KEYS)
  const { options, generation, model, backend = {}, processors = [], rebuild } = input
  const { model: target, tokenBytes, signal } = options
  if (options.sampler !== undefined) throw customSampler()
  checkProcessors(options.processors ?? [], processors)
  const content = parseContent('receipt', {
    receiptVersion: RECEIPT_VERSION,
    model,
    backend,
    prompt: [...options.prompt],
    options: {
      temperature: options.temperature ?? 0,
      processors,
      seed: options.seed ?? 0,
      maxTokens: options.maxTokens ?? null,
      stopTokens: [...(options.stopTokens ?? [])],
      stopStrings: options.stopStrings ?? [],
    },
    method: {
      drafter: options.drafter?.manifest.name ?? null,
      verifier: options.verifier?.manifest.name ?? null,
      guarantee: generation.guarantee,
    },
    output: { tokens: [...generation.tokenIds], finishReason: generation.finishReason },
    fingerprint: await fingerprintOf(target, signal),
  })
  const { refusal } = await follow(content, { model: target, rebuild, tokenBytes, signal })
  if (refusal !== undefined) throw notAFunction(content, refusal)
  return { ...content, digest: await digestOf(content) }
}

function checkProcessors(used: readonly LogitsProcessor[], recorded: readonly ProcessorRecord[]): void {
  const names = used.map(({ manifest }) => manifest.name).join(', ')
  const told = recorded.map(({ name }) => name).join(', ')
  if (names === told) return
  throw new ForetokenError(
    'BAD_OPTION',
    `receipt: the generation used the processors [${names}]; records were given of [${told}].`,
    { fix: 'Give a record for each processor, in the same order.', details: { used: names, recorded: told } },
  )
}

function customSampler(): ForetokenError {
  return new ForetokenError('UNSUPPORTED', 'receipt: a custom sampler cannot be recorded; none was expected.', {
    fix: 'Decode with the default sampler, and shape the law with processors.',
  })
}

function notAFunction({ method }: ReceiptContent, refusal: object): ForetokenError {
  const how = method.verifier === null ? 'plain decoding' : `the verifier ${method.verifier}`
  const at = 'index' in refusal ? ` from token ${refusal.index} on` : ''
  return new ForetokenError(
    'UNSUPPORTED',
    `receipt: the output of ${how} is not what the target and the seed alone give${at}; a receipt can record nothing else.`,
    {
      fix: 'Decode at temperature 0, without a drafter, with exactMatch(), or with a drafter that draws nothing.',
      details: { ...refusal },
    },
  )
}
