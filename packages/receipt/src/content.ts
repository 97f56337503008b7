import type { Generation, Guarantee } from '@foretoken/core'

/** Version of the receipt's form. */
export const RECEIPT_VERSION = 1

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** A logits processor as a receipt names it: enough to make it again. */
export interface ProcessorRecord {
  /** Name in its manifest. */
  readonly name: string
  /** What it was made with, in the form that `rebuild` reads. */
  readonly options: Json
}

/** What a receipt says, before it is sealed. Everything is plain JSON. */
export interface ReceiptContent {
  readonly receiptVersion: typeof RECEIPT_VERSION
  readonly model: {
    /** For people, and to find the model again. Not compared. */
    readonly name: string
    /** Hashes of what the model was loaded from, by name. All are compared. */
    readonly hashes: Readonly<Record<string, string>>
  }
  /** Runtime and machine, for people. */
  readonly backend: Readonly<Record<string, string | number>>
  /** Token ids. */
  readonly prompt: readonly number[]
  readonly options: {
    readonly temperature: number
    readonly processors: readonly ProcessorRecord[]
    readonly seed: number
    /** `null`: until the context is full. */
    readonly maxTokens: number | null
    readonly stopTokens: readonly number[]
    readonly stopStrings: readonly string[]
  }
  /** How it was decoded, for people: the tokens do not depend on it. `null`: plainly. */
  readonly method: { readonly drafter: string | null; readonly verifier: string | null; readonly guarantee: Guarantee }
  readonly output: { readonly tokens: readonly number[]; readonly finishReason: Generation['finishReason'] }
  /** Of the logits that model, runtime and machine compute for fixed probe tokens. */
  readonly fingerprint: string
}

/** A recorded generation. */
export interface Receipt extends ReceiptContent {
  /** SHA-256 over all the rest. It shows accidents and careless changes; whoever wants can make a new one. */
  readonly digest: string
}
