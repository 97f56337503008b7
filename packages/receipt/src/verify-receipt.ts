import { checkKeys } from '@foretoken/core'
import type { Receipt } from './content.ts'
import { digestOf } from './digest.ts'
import { fingerprintOf } from './fingerprint.ts'
import { type FollowOptions, follow, type Refusal } from './follow.ts'
import { parseReceipt } from './parse.ts'

export interface VerifyReceiptOptions extends FollowOptions {
  /** Hashes of what `model` was loaded from, under the receipt's names. */
  readonly hashes: Readonly<Record<string, string>>
}

/** What became of a receipt. */
export interface Verification {
  /**
   * - `follows`: every token, and the end, are what the recorded model, prompt, options and seed give.
   * - `refused`: they are not, or the receipt was changed; `refusal` says where.
   * - `undecided`: a token differs, but this runtime or machine computes other bits than the one that wrote the receipt.
   */
  readonly verdict: 'follows' | 'refused' | 'undecided'
  /** Output tokens that follow, from the first one on. */
  readonly followed: number
  /** Whether model, runtime and machine give the recorded fingerprint. */
  readonly hasSameBits: boolean
  readonly refusal?: Refusal
}

const KEYS = ['model', 'hashes', 'rebuild', 'tokenBytes', 'signal'] as const

/**
 * Checks a receipt: draws every token again in chunked prefill, many rows at a time, bit for bit. Works on a fork; the model
 * keeps its cache. The first of these that fails is told: model hashes, tokens and end in their order, digest.
 * @throws BAD_OPTION when it is no receipt; UNSUPPORTED for another version; CAPABILITY_MISSING without `rows:exact`;
 * ABORTED; what `rebuild` and the model throw.
 * @example
 * const { verdict, refusal } = await verifyReceipt(JSON.parse(text), { model, hashes: {} })
 */
export async function verifyReceipt(given: Receipt, options: VerifyReceiptOptions): Promise<Verification> {
  checkKeys('verifyReceipt', options, KEYS)
  const { digest, ...content } = parseReceipt(given)
  const isIntact = digest === (await digestOf(content))
  const hasSameBits = content.fingerprint === (await fingerprintOf(options.model, options.signal))
  const stranger = otherModel(content.model.hashes, options.hashes)
  const { tokens, refusal = isIntact ? undefined : { place: 'digest' as const } } = stranger
    ? { tokens: 0, refusal: stranger }
    : await follow(content, options)
  const result = { followed: tokens, hasSameBits }
  if (refusal === undefined) return { verdict: 'follows', ...result }
  if (hasSameBits || refusal.place !== 'token') return { verdict: 'refused', ...result, refusal }
  // Other bits explain another token, but not another digest.
  return isIntact
    ? { verdict: 'undecided', ...result, refusal }
    : { verdict: 'refused', ...result, refusal: { place: 'digest' } }
}

/** The first hash that differs. */
function otherModel(
  expected: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
): Refusal | undefined {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort()
  const name = names.find((each) => expected[each] !== found[each])
  if (name === undefined) return undefined
  const [recorded, here] = [expected[name], found[name]]
  return {
    place: 'model',
    name,
    ...(recorded !== undefined && { expected: recorded }),
    ...(here !== undefined && { found: here }),
  }
}
