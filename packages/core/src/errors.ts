/** Every way in which Foretoken refuses. Closed: callers may switch over it. */
export type ErrorCode =
  | 'ABORTED'
  | 'BAD_CHECKPOINT'
  | 'BAD_CHECKSUM'
  | 'BAD_OPTION'
  | 'BAD_TEMPLATE'
  | 'BACKEND_FAILED'
  | 'CAPABILITY_MISSING'
  | 'CONTEXT_FULL'
  | 'DISHONEST_DRAFT'
  | 'DISPOSED'
  | 'DOWNLOAD_FAILED'
  | 'DRAFTER_FAILED'
  | 'EMPTY_PROMPT'
  | 'EMPTY_SUPPORT'
  | 'INVALID_DRAFT'
  | 'NOT_FOUND'
  | 'OFFLINE'
  | 'SPEC_VERSION'
  | 'STORAGE_FAILED'
  | 'UNSUPPORTED'
  | 'VOCABULARY_MISMATCH'

const brand = Symbol.for('foretoken.error')

/**
 * The one error class. `message` says what happened and what was expected; `fix` says what to do.
 * Recognised by brand, so it is safe across duplicate installs.
 */
export class ForetokenError extends Error {
  override readonly name = 'ForetokenError'
  readonly code: ErrorCode
  /** One sentence: what the caller can do about it. */
  readonly fix: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly fix: string; readonly details?: Readonly<Record<string, unknown>>; readonly cause?: unknown },
  ) {
    super(`${message} ${options.fix}`, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.fix = options.fix
    this.details = options.details ?? {}
    Object.defineProperty(this, brand, { value: true })
  }

  static is(error: unknown): error is ForetokenError {
    return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[brand] === true
  }
}
