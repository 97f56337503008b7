import { ForetokenError } from '@foretoken/core'

const AGAIN = 'Download or export the checkpoint again.'

/** A file that breaks its format's rules: `message` says what was found and what was expected. */
export function badCheckpoint(
  message: string,
  details: Readonly<Record<string, unknown>> = {},
  fix: string = AGAIN,
): ForetokenError {
  return new ForetokenError('BAD_CHECKPOINT', message, { fix, details })
}

/** A sound file that asks for something Foretoken does not have. */
export function unsupported(
  message: string,
  fix: string,
  details: Readonly<Record<string, unknown>> = {},
): ForetokenError {
  return new ForetokenError('UNSUPPORTED', message, { fix, details })
}
