/** The program as a child process, for tests. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const main: string = fileURLToPath(new URL('./main.ts', import.meta.url))

export interface Result {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export function foretoken(
  cache: string,
  args: readonly string[],
  { stdin = '', env = {} }: { stdin?: string; env?: object } = {},
): Promise<Result> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--conditions=@foretoken/source', '--import', 'tsx', main, ...args],
      { env: { ...process.env, CI: undefined, FORETOKEN_CACHE: cache, ...env } },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr }),
    )
    child.stdin?.end(stdin)
  })
}
