import { type Capability, ForetokenError, type Model } from '@foretoken/core'

/** The bytes of each side's tokens. */
export interface TokenBytes {
  readonly draft: (token: number) => Uint8Array
  readonly target: (token: number) => Uint8Array
}

/**
 * Token ids must mean the same to both models.
 * @param bytes Compares the tokens themselves; without it only the sizes are compared.
 * @throws VOCABULARY_MISMATCH naming the first token that differs.
 */
export function checkVocabularies(draftSize: number, targetSize: number, bytes: TokenBytes | undefined): void {
  const shared = Math.min(draftSize, targetSize)
  const differs = bytes === undefined ? -1 : firstDifference(shared, bytes)
  if (differs < 0 && draftSize === targetSize) return
  const token = differs < 0 ? shared : differs
  const [mine, theirs] = [quote(token, draftSize, bytes?.draft), quote(token, targetSize, bytes?.target)]
  throw new ForetokenError(
    'VOCABULARY_MISMATCH',
    `The draft model has ${draftSize} tokens and the target ${targetSize}; the first that differs is token ${token}: ` +
      `${mine} in the draft model, ${theirs} in the target. The same vocabulary was expected.`,
    {
      fix: 'Choose a draft model with the same tokenizer, or draft with retokenized(), which hands text over.',
      details: { token, draft: mine, target: theirs, draftSize, targetSize },
    },
  )
}

function firstDifference(count: number, bytes: TokenBytes): number {
  for (let token = 0; token < count; token++) {
    const [a, b] = [bytes.draft(token), bytes.target(token)]
    if (a.length !== b.length || !a.every((byte, i) => byte === b[i])) return token
  }
  return -1
}

function quote(token: number, size: number, bytes: ((token: number) => Uint8Array) | undefined): string {
  if (token >= size) return 'missing'
  return bytes === undefined ? 'present' : JSON.stringify(new TextDecoder().decode(bytes(token)))
}

/** @throws EMPTY_PROMPT: a draft model needs a token to begin with. */
export function checkPrompt(prompt: Int32Array): void {
  if (prompt.length > 0) return
  throw new ForetokenError('EMPTY_PROMPT', 'The draft model was given no tokens; at least one was expected.', {
    fix: 'Begin with a token, such as the beginning-of-sequence token.',
  })
}

/** @throws CAPABILITY_MISSING naming `method`, which needs `capability` of its draft model. */
export function requireOfDraft(method: string, model: Model, capability: Capability): void {
  if (model.supports.has(capability)) return
  throw new ForetokenError(
    'CAPABILITY_MISSING',
    `The draft model does not support ${capability}, which ${method} needs.`,
    { fix: 'Choose another draft model, or another method.', details: { method, capability } },
  )
}
