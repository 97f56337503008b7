import { ForetokenError } from '@foretoken/core'

const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ['the disk is full', 'Free some space, or give another cache folder.'],
  EDQUOT: ['the disk quota is used up', 'Free some space, or give another cache folder.'],
  EACCES: ['permission was denied', 'Check the permissions, or give another cache folder.'],
  EPERM: ['permission was denied', 'Check the permissions, or give another cache folder.'],
  EROFS: ['the file system is read-only', 'Give a cache folder that can be written.'],
  EMFILE: ['too many files are open', 'Close some, or raise the limit.'],
}

/** Error code of a failed system call, if `error` is one. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** Runs `body`; a failed system call in it becomes `STORAGE_FAILED` with the reason in words. */
export async function storing<T>(what: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    const code = systemCode(error)
    if (ForetokenError.is(error) || !code) throw error
    const [reason, fix] = REASONS[code] ?? [(error as Error).message, 'Check the cache folder, or give another one.']
    throw new ForetokenError('STORAGE_FAILED', `${what} failed: ${reason}.`, { fix, details: { code }, cause: error })
  }
}

/** Throws `ABORTED` when the signal has fired. */
export function checkSignal(signal: AbortSignal | undefined, what: string): void {
  if (!signal?.aborted) return
  throw new ForetokenError('ABORTED', `${what} was stopped.`, {
    fix: 'Run it again; what was downloaded is kept.',
    cause: signal.reason,
  })
}
