import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where converted models are kept: `FORETOKEN_CACHE`, else the user's cache folder. */
export function cacheFolder(): string {
  const { FORETOKEN_CACHE, XDG_CACHE_HOME } = process.env
  if (FORETOKEN_CACHE) return FORETOKEN_CACHE
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'foretoken')
}
